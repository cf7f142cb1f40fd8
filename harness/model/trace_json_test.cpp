// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/trace_json.h"

#include <gtest/gtest.h>

#include "harness/testing/made_hangs.h"

namespace hangrate {
namespace {

using testing::MadeTrace;

/// Every field set.
Trace full_trace() {
  MadeTrace made = testing::stalled_writer();
  TraceEvent event{.when = 5, .cpu = 3, .tid = 11, .pid = 10};
  event.kind = TraceKind::Sleep;
  event.call = TracedCall::P9Rpc;
  event.other = 12;
  event.state = 'K';
  event.number = -1;
  event.value = 1'000'000'000'000;
  event.result = -512;
  event.object = ~0ull;
  event.pipe = PipeState{.head = 0xffffffff, .tail = 1, .max_usage = 2, .ring_size = 4};
  event.stack = {"p9_client_rpc", "p9_client_walk"};
  event.user_stack = {"ls+0x12ab"};
  Trace trace = made.trace();
  trace.events.push_back(event);
  trace.tasks.push_back({.tid = 5, .pid = 4, .role = "", .comm = "a \"b\"\n\x1b[31m"});
  trace.lost = 3;
  trace.absent = {"fuse_request_send: since v6.12"};
  return trace;
}

Json event_json(const char* change) {
  Json json = {{"from", 1}, {"until", 2}, {"tasks", Json::array()}};
  Json event = {{"when", 1}, {"kind", "wake"}, {"tid", 1}, {"other", 2}};
  event.update(Json::parse(change));
  json["events"] = Json::array({event});
  return json;
}

TEST(TraceJson, EveryFieldSurvivesTheRoundTrip) {
  const Trace trace = full_trace();
  const auto text = parse_json(dump_line(to_json_value(trace)));
  ASSERT_TRUE(text);
  const auto back = trace_from_json(*text);
  ASSERT_TRUE(back) << back.error().what();
  EXPECT_EQ(*back, trace);
}

TEST(TraceJson, EveryKindAndCallHasANameThatIsReadBack) {
  for (int kind = 0; std::string(trace_kind_name(TraceKind(kind))) != "unknown"; ++kind) {
    MadeTrace made;
    made.add({.tid = 1, .kind = TraceKind(kind)});
    const auto back = trace_from_json(to_json_value(made.trace()));
    ASSERT_TRUE(back) << kind;
    EXPECT_EQ(back->events[0].kind, TraceKind(kind));
  }
  for (int call = 1; *traced_call_name(TracedCall(call)) != '\0'; ++call) {
    MadeTrace made;
    made.call(1, TracedCall(call));
    const auto back = trace_from_json(to_json_value(made.trace()));
    ASSERT_TRUE(back) << call;
    EXPECT_EQ(back->events[0].call, TracedCall(call));
  }
}

TEST(TraceJson, FieldsAtTheirDefaultAreLeftOut) {
  MadeTrace made;
  made.wake(1, 2);
  const Json json = to_json_value(made.trace());
  EXPECT_EQ(json["events"][0].dump(), R"({"when":1001000,"kind":"wake","tid":1,"other":2})");
  EXPECT_FALSE(json.contains("lost"));
  EXPECT_FALSE(json.contains("absent"));
}

TEST(TraceJson, WhatIsWrongIsAnErrorThatNamesThePlace) {
  const char* wrong[] = {R"({"kind":"hologram"})",  R"({"kind":7})",
                         R"({"call":"no_call"})",   R"({"call":["pipe_read"]})",
                         R"({"when":null})",        R"({"when":"now"})",
                         R"({"when":-1})",          R"({"when":9223372036854775807})",
                         R"({"tid":1.5})",          R"({"tid":99999999999})",
                         R"({"object":-1})",        R"({"state":"SS"})",
                         R"({"state":83})",         R"({"pipe":[1,2,3]})",
                         R"({"pipe":{"head":-1}})", R"({"pipe":{"head":"one"}})",
                         R"({"stack":"write"})",    R"({"stack":[1]})"};
  EXPECT_TRUE(trace_from_json(event_json("{}")));
  for (const char* change : wrong) {
    const auto trace = trace_from_json(event_json(change));
    ASSERT_FALSE(trace) << change;
    EXPECT_NE(trace.error().what().find("events [0]"), std::string::npos) << trace.error().what();
  }
  EXPECT_TRUE(trace_from_json(Json::parse(R"({"from":1,"until":2})")));
  for (const char* text : {"[]", "7", "{}", R"({"from":null,"until":2})", R"({"from":1})",
                           "\"trace\"", R"({"events":{}})", R"({"events":[7]})",
                           R"({"tasks":[{"tid":"a"}]})", R"({"lost":-1})", R"({"absent":[7]})"}) {
    EXPECT_FALSE(trace_from_json(Json::parse(text))) << text;
  }
}

TEST(TraceJson, AnObservationCarriesItsTrace) {
  const Observation with = testing::seen_with(full_trace(), {testing::kWriter});
  const auto back = observation_from_json(to_json_value(with));
  ASSERT_TRUE(back) << back.error().what();
  EXPECT_EQ(*back, with);
  Observation without = with;
  without.trace.reset();
  EXPECT_FALSE(to_json_value(without).contains("trace"));
  EXPECT_EQ(*observation_from_json(to_json_value(without)), without);
}

TEST(TraceJson, ATrialRecordWithABrokenTraceIsAnErrorAndNoException) {
  TrialRecord record{.cell = 0,
                     .observation = testing::seen_with(full_trace(), {1}),
                     .verdict = testing::hang_verdict()};
  Json json = to_json_value(Record(record));
  EXPECT_TRUE(record_from_json(json));
  json["observation"]["trace"]["events"][0]["kind"] = "hologram";
  const auto read = record_from_json(json);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().what().find("hologram"), std::string::npos);
  json["observation"] = nullptr;
  EXPECT_FALSE(record_from_json(json));
  json.erase("observation");
  EXPECT_FALSE(record_from_json(json));
  EXPECT_FALSE(record_from_json(Json::array()));
  EXPECT_FALSE(record_from_json(Json{{"type", 7}}));
}

}  // namespace
}  // namespace hangrate
