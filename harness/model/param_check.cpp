// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/param_check.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "harness/model/record.h"

namespace hangrate {

Result<void> check_param(const Param& param, const std::string& value, const std::string& where) {
  const std::string given = where + param.name + "=" + value;
  if (!param.choices.empty()) {
    const auto& choices = param.choices;
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) return {};
    return fail(
        Error::usage(fmt::format("{}: not one of {}", given, fmt::join(param.choices, ", "))));
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool whole = error == std::errc{} && end == value.data() + value.size();
  if (whole && number >= param.min && number <= param.max) return {};
  return fail(Error::usage(
      fmt::format("{}: not a whole number from {} to {}", given, param.min, param.max)));
}

std::map<std::string, std::string> default_params(const Manifest& manifest) {
  std::map<std::string, std::string> params;
  for (const Param& param : manifest.params) params[param.name] = param.fallback;
  return params;
}

void take_unheeded(const Manifest& manifest, const std::string& variant,
                   std::map<std::string, std::string>& params) {
  const auto widen = params.find(kWidenParam);
  if (widen == params.end()) return;
  for (const Variant& candidate : manifest.variants) {
    if (candidate.name == variant && !candidate.widens) widen->second = kWidenNone;
  }
}

}  // namespace hangrate
