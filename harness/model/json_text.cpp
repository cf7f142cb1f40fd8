// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/json.h"

namespace hangrate {

/// Copying and printing a value walk down its levels on the stack, so whoever nests enough of them
/// ends the program.
static bool too_deep(const std::string& text) {
  constexpr int kDeepest = 100;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++i;
    if (quoted) continue;
    if ((c == '[' || c == '{') && ++depth > kDeepest) return true;
    if (c == ']' || c == '}') --depth;
  }
  return false;
}

Result<Json> parse_json(const std::string& text) {
  if (too_deep(text)) {
    return fail(Error::usage("JSON nested too deeply: " + text.substr(0, 60)));
  }
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return fail(Error::usage("not JSON: " + text.substr(0, 60)));
  return json;
}

std::string dump_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dump_pretty(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace hangrate
