// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the readers and writers of JSON have in common. For the .cpp files of model/ only.
#pragma once

#include <optional>
#include <string>

#include "harness/model/json_fields.h"

// std::optional as null or value.
namespace nlohmann {
template <typename T>
struct adl_serializer<std::optional<T>> {
  template <typename BasicJson>
  static void to_json(BasicJson& json, const std::optional<T>& value) {
    if (value) {
      json = *value;
    } else {
      json = nullptr;
    }
  }
  template <typename BasicJson>
  static void from_json(const BasicJson& json, std::optional<T>& value) {
    if (json.is_null()) {
      value.reset();
    } else {
      value = json.template get<T>();
    }
  }
};
}  // namespace nlohmann

namespace hangrate {

inline void to_json(Json& json, const Rung& rung) {
  json = rung_name(rung);
}
inline void from_json(const Json& json, Rung& rung) {
  // Up to schema 2 a lever might have a name of its own. A manifest of today may not: rungs_of().
  rung = rung_of(json.get<std::string>()).value_or(Rung::Lever);
}

/// Runs `read`, turning the library's exceptions into an Error.
template <typename T, typename Read>
Result<T> checked(const char* what, Read read) {
  try {
    return T(read());
  } catch (const nlohmann::json::exception& problem) {
    return fail(Error::usage(std::string("malformed ") + what + ": " + problem.what()));
  }
}

}  // namespace hangrate
