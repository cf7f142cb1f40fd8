// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON of the model types. Reading is checked: text that is not JSON or has the wrong types gives
// an Error, never an exception. Unknown fields are ignored, missing ones take their defaults.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "harness/base/error.h"
#include "harness/model/record.h"

namespace hangrate {

using Json = nlohmann::ordered_json;

Json to_json_value(const Manifest& manifest);
Json to_json_value(const Environment& environment);
Json to_json_value(const RunHeader& header);
Json to_json_value(const TraceSetup& trace);
Json to_json_value(const ArmFact& arm);
Json to_json_value(const ShotFact& shot);
Json to_json_value(const WarmSource& source);
Json to_json_value(const Record& record);
Json to_json_value(const Observation& observation);
/// The same without its trace.
Json evidence_json(const Observation& observation);
Json to_json_value(const Verdict& verdict);

Result<Manifest> manifest_from_json(const std::string& text);
Result<WarmSource> warm_source_from_json(const Json& json);
Result<RunHeader> header_from_json(const Json& json);
/// nullopt: a record type this version does not know, to be skipped.
Result<std::optional<Record>> record_from_json(const Json& json);
Result<Observation> observation_from_json(const Json& json);
Result<Verdict> verdict_from_json(const Json& json);

Result<Json> parse_json(const std::string& text);
/// One line, no newline; bytes that are not UTF-8 are replaced, so any comm or console text is
/// safe.
std::string dump_line(const Json& json);
std::string dump_pretty(const Json& json);

}  // namespace hangrate
