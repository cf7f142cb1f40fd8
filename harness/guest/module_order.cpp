// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/module_order.h"

#include <algorithm>
#include <map>

#include "harness/base/file.h"

namespace hangrate {

std::string module_name(std::string_view path) {
  if (const std::size_t slash = path.rfind('/'); slash != path.npos) path.remove_prefix(slash + 1);
  std::string name(path.substr(0, path.find(".ko")));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::vector<std::string> module_order(std::string_view modules_dep,
                                      const std::vector<std::string>& wanted) {
  std::map<std::string, std::vector<std::string>> chains;  // by name: dependencies first
  for (const std::string& line : split(modules_dep, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos) continue;
    const std::string path = line.substr(0, colon);
    std::vector<std::string> chain;
    for (const std::string& word : split(line.substr(colon + 1), ' ')) {
      if (!word.empty()) chain.insert(chain.begin(), word);
    }
    chain.push_back(path);
    chains[module_name(path)] = std::move(chain);
  }
  std::vector<std::string> order;
  for (const std::string& name : wanted) {
    const auto chain = chains.find(module_name(name));
    if (chain == chains.end()) continue;
    for (const std::string& path : chain->second) {
      if (std::find(order.begin(), order.end(), path) == order.end()) order.push_back(path);
    }
  }
  return order;
}

}  // namespace hangrate
