// SPDX-License-Identifier: GPL-2.0-or-later
//
// HR_JSON: the fields of a plain struct, once, for both directions. Missing fields take their
// defaults. For the .cpp files that read or write such structs.
#pragma once

#include "harness/model/json.h"

#define HR_JSON(Type, ...)                                               \
  static void to_json(Json& j, const Type& t) {                          \
    NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(HR_JSON_TO, __VA_ARGS__))   \
  }                                                                      \
  static void from_json(const Json& j, Type& t) {                        \
    const Type fallback{};                                               \
    NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(HR_JSON_FROM, __VA_ARGS__)) \
  }
#define HR_JSON_TO(field) j[#field] = t.field;
#define HR_JSON_FROM(field) t.field = j.value(#field, fallback.field);
