// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/trace_json.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace hangrate {

namespace {

constexpr std::array kKinds = {TraceKind::Call,     TraceKind::Return,  TraceKind::Sleep,
                               TraceKind::Preempt,  TraceKind::Run,     TraceKind::Wake,
                               TraceKind::Signal,   TraceKind::Fork,    TraceKind::Exit,
                               TraceKind::FuseSend, TraceKind::FuseEnd, TraceKind::FuseAbort};

template <typename T>
void put(Json& json, const char* name, const T& value) {
  if (value != T{}) json[name] = value;
}

/// Reads the fields of one object. The first that is wrong is kept as `trouble`; all later reads
/// still give harmless defaults, so that a reader is a plain list of fields.
class Fields {
 public:
  explicit Fields(const Json& json) : json_(json) {
    if (!json.is_object()) trouble_ = "is not an object";
  }

  template <typename T>
  T number(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return 0;
    if (value->is_number_unsigned()) {
      const auto got = value->template get<std::uint64_t>();
      if (std::in_range<T>(got)) return static_cast<T>(got);
    } else if (value->is_number_integer()) {
      const auto got = value->template get<std::int64_t>();
      if (std::in_range<T>(got)) return static_cast<T>(got);
    }
    refuse(name, "is not an integer of its range");
    return 0;
  }

  /// Such that the span between any two of them is one as well.
  Nanos time(const char* name) {
    if (json_.is_object() && find(name) == nullptr) refuse(name, "is missing");
    const auto when = number<Nanos>(name);
    if (when >= 0 && when <= INT64_MAX / 2) return when;
    refuse(name, "is no time of a clock that counts from the start of the machine");
    return 0;
  }

  std::string text(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return "";
    if (value->is_string()) return value->get<std::string>();
    refuse(name, "is not a string");
    return "";
  }

  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> all;
    for (const Json& item : list(name)) {
      if (!item.is_string()) {
        refuse(name, "holds something that is not a string");
        return {};
      }
      all.push_back(item.get<std::string>());
    }
    return all;
  }

  const Json& list(const char* name) {
    static const Json kEmpty = Json::array();
    const Json* value = find(name);
    if (value == nullptr) return kEmpty;
    if (value->is_array()) return *value;
    refuse(name, "is not a list");
    return kEmpty;
  }

  const Json* find(const char* name) const {
    if (!json_.is_object()) return nullptr;
    const auto found = json_.find(name);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }

  void refuse(const char* name, const std::string& why) {
    if (trouble_.empty()) trouble_ = std::string(name) + " " + why;
  }
  const std::string& trouble() const { return trouble_; }

 private:
  const Json& json_;
  std::string trouble_;
};

/// The one of `all` whose name is in that field; refused if there is none.
template <typename All, typename Name>
const auto& named(Fields& fields, const char* field, const All& all, Name name) {
  const std::string text = fields.text(field);
  for (const auto& one : all) {
    if (text == name(one)) return one;
  }
  fields.refuse(field, "'" + text + "' is unknown");
  return all.front();
}

const char* row_name(const TracedCallRow& row) {
  return row.name;
}

std::optional<PipeState> read_pipe(Fields& event) {
  const Json* json = event.find("pipe");
  if (json == nullptr) return std::nullopt;
  Fields fields(*json);
  const PipeState pipe{.head = fields.number<std::uint32_t>("head"),
                       .tail = fields.number<std::uint32_t>("tail"),
                       .max_usage = fields.number<std::uint32_t>("max_usage"),
                       .ring_size = fields.number<std::uint32_t>("ring_size")};
  if (!fields.trouble().empty()) event.refuse("pipe", fields.trouble());
  return pipe;
}

TraceEvent read_event(Fields& fields) {
  TraceEvent event;
  event.when = fields.time("when");
  event.cpu = fields.number<int>("cpu");
  event.tid = fields.number<int>("tid");
  event.pid = fields.number<int>("pid");
  event.kind = named(fields, "kind", kKinds, trace_kind_name);
  if (fields.find("call") != nullptr) {
    event.call = named(fields, "call", traced_calls(), row_name).call;
  }
  event.other = fields.number<int>("other");
  const std::string state = fields.text("state");
  if (state.size() > 1) fields.refuse("state", "is more than one letter");
  event.state = state.empty() ? '\0' : state.front();
  event.number = fields.number<std::int64_t>("number");
  event.value = fields.number<std::int64_t>("value");
  event.result = fields.number<std::int64_t>("result");
  event.object = fields.number<std::uint64_t>("object");
  event.pipe = read_pipe(fields);
  event.stack = fields.texts("stack");
  event.user_stack = fields.texts("user_stack");
  return event;
}

TraceTask read_task(Fields& fields) {
  return {.tid = fields.number<int>("tid"),
          .pid = fields.number<int>("pid"),
          .role = fields.text("role"),
          .comm = fields.text("comm")};
}

/// Every item of the list `name` through `read`, until one is wrong.
template <typename T, typename Read>
std::vector<T> read_list(Fields& trace, const char* name, Read read) {
  std::vector<T> all;
  for (const Json& json : trace.list(name)) {
    Fields fields(json);
    all.push_back(read(fields));
    if (fields.trouble().empty()) continue;
    trace.refuse(name, "[" + std::to_string(all.size() - 1) + "]: " + fields.trouble());
    return {};
  }
  return all;
}

}  // namespace

Json to_json_value(const TraceEvent& event) {
  Json json = {{"when", event.when}, {"kind", trace_kind_name(event.kind)}};
  put(json, "call", std::string(traced_call_name(event.call)));
  put(json, "cpu", event.cpu);
  put(json, "tid", event.tid);
  put(json, "pid", event.pid);
  put(json, "other", event.other);
  if (event.state != '\0') json["state"] = std::string(1, event.state);
  put(json, "number", event.number);
  put(json, "value", event.value);
  put(json, "result", event.result);
  put(json, "object", event.object);
  if (event.pipe) {
    json["pipe"] = {{"head", event.pipe->head},
                    {"tail", event.pipe->tail},
                    {"max_usage", event.pipe->max_usage},
                    {"ring_size", event.pipe->ring_size}};
  }
  put(json, "stack", event.stack);
  put(json, "user_stack", event.user_stack);
  return json;
}

Json to_json_value(const Trace& trace) {
  Json tasks = Json::array();
  for (const TraceTask& task : trace.tasks) {
    Json entry = {{"tid", task.tid}, {"pid", task.pid}};
    put(entry, "role", task.role);
    put(entry, "comm", task.comm);
    tasks.push_back(std::move(entry));
  }
  Json events = Json::array();
  for (const TraceEvent& event : trace.events) events.push_back(to_json_value(event));
  Json json = {{"from", trace.from}, {"until", trace.until}};
  put(json, "condensed", trace.condensed);
  put(json, "lost", trace.lost);
  put(json, "skipped", trace.skipped);
  put(json, "absent", trace.absent);
  json["tasks"] = std::move(tasks);
  json["events"] = std::move(events);
  return json;
}

Result<Trace> trace_from_json(const Json& json) {
  Fields fields(json);
  Trace trace;
  trace.from = fields.time("from");
  trace.until = fields.time("until");
  trace.condensed = fields.number<std::uint64_t>("condensed");
  trace.lost = fields.number<std::uint64_t>("lost");
  trace.skipped = fields.number<std::uint64_t>("skipped");
  trace.absent = fields.texts("absent");
  trace.tasks = read_list<TraceTask>(fields, "tasks", read_task);
  trace.events = read_list<TraceEvent>(fields, "events", read_event);
  if (!fields.trouble().empty()) return fail(Error::usage("malformed trace: " + fields.trouble()));
  return trace;
}

}  // namespace hangrate
