// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/kernel_json.h"

namespace hangrate {

namespace {

constexpr int kSchema = 1;

std::string relative_to(const std::string& folder, const std::string& path) {
  return path.starts_with(folder + "/") ? path.substr(folder.size() + 1) : path;
}

std::string below(const std::string& folder, const std::string& path) {
  return path.empty() || path.front() == '/' ? path : folder + "/" + path;
}

std::string text_of(const Json& json, const char* field) {
  const auto found = json.find(field);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

/// Absent in what was made before files were noted.
bool take_sums(const Json& json, CacheEntry& entry) {
  const auto sums = json.find("sums");
  if (sums == json.end()) return true;
  if (!sums->is_array()) return false;
  for (const Json& sum : *sums) {
    if (!sum.is_object() || !sum.contains("size") || !sum["size"].is_number_unsigned())
      return false;
    entry.sums.push_back({.path = below(entry.folder, text_of(sum, "path")),
                          .size = sum["size"].get<std::uint64_t>(),
                          .sha256 = text_of(sum, "sha256")});
  }
  return true;
}

}  // namespace

Json to_json_value(const GuestKernel& kernel) {
  return {{"spec", kernel.spec},         {"label", kernel.label},
          {"release", kernel.release},   {"build_id", kernel.build_id},
          {"image", kernel.image},       {"modules", kernel.modules},
          {"config", kernel.config},     {"build_note", kernel.build_note},
          {"reverted", kernel.reverted}, {"native", kernel.native}};
}

Json to_json_value(const CacheEntry& entry) {
  GuestKernel kernel = entry.kernel;
  for (std::string* path : {&kernel.image, &kernel.modules, &kernel.config}) {
    *path = relative_to(entry.folder, *path);
  }
  Json json = {{"schema", kSchema}, {"id", entry.id}};
  json.update(to_json_value(kernel));
  json["version"] = entry.version;
  json["inputs"] = entry.inputs;
  for (const FileSum& sum : entry.sums) {
    json["sums"].push_back({{"path", relative_to(entry.folder, sum.path)},
                            {"size", sum.size},
                            {"sha256", sum.sha256}});
  }
  return json;
}

Result<CacheEntry> cache_entry_from_json(const std::string& text, const std::string& folder) {
  const auto json = parse_json(text);
  if (!json) return fail(json.error());
  const Failure garbled = fail(Error::infrastructure(folder + "/kernel.json: garbled"));
  if (!json->is_object() || json->value("schema", Json()) != Json(kSchema)) return garbled;
  CacheEntry entry;
  entry.folder = folder;
  entry.id = text_of(*json, "id");
  entry.version = text_of(*json, "version");
  entry.inputs = text_of(*json, "inputs");
  GuestKernel& kernel = entry.kernel;
  kernel.spec = text_of(*json, "spec");
  kernel.label = text_of(*json, "label");
  kernel.release = text_of(*json, "release");
  kernel.build_id = text_of(*json, "build_id");
  kernel.image = below(folder, text_of(*json, "image"));
  kernel.modules = below(folder, text_of(*json, "modules"));
  kernel.config = below(folder, text_of(*json, "config"));
  kernel.build_note = text_of(*json, "build_note");
  if (const auto reverted = json->find("reverted"); reverted != json->end()) {
    if (!reverted->is_array()) return garbled;
    for (const Json& name : *reverted) {
      if (!name.is_string()) return garbled;
      kernel.reverted.push_back(name.get<std::string>());
    }
  }
  if (!take_sums(*json, entry)) return garbled;
  if (entry.id.empty() || kernel.spec.empty() || kernel.image.empty()) return garbled;
  return entry;
}

}  // namespace hangrate
