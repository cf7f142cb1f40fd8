// SPDX-License-Identifier: GPL-2.0-or-later
//
// The folder of a matrix, as a guest may have filled it: matrix.jsonl, a cell's journal, a console.
// Every report of it: JSON is JSON, XML is XML, no text steers a terminal.
#include <filesystem>
#include <pugixml.hpp>

#include "harness/fuzz/input.h"
#include "harness/model/json.h"
#include "harness/report/safe_text.h"
#include "harness/store/results.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hangrate;
  static const fuzz::Scratch scratch;
  static const bool made = std::filesystem::create_directories(scratch.path() + "/k/boot-001");
  HR_CHECK(made);
  const auto parts = fuzz::parts_of(fuzz::text_of(data, size), 3);
  scratch.write("matrix.jsonl", parts[0]);
  scratch.write("k/boot-001/alpha.first.jsonl", parts[1]);
  scratch.write("k/boot-001/console.log", parts[2]);
  const auto loaded = load_results(scratch.path(), true);
  if (!loaded) return 0;
  HR_CHECK(parse_json(json_report(loaded->run)));
  pugi::xml_document document;
  HR_CHECK(document.load_string(junit_report(loaded->run).c_str()));
  for (const std::string& text : {text_report(loaded->run, {}), markdown_report(loaded->run),
                                  ktap_report(loaded->run), html_report(loaded->run)}) {
    HR_CHECK(safe_text(text) == text);
  }
  return 0;
}
