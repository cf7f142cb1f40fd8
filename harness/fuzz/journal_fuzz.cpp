// SPDX-License-Identifier: GPL-2.0-or-later
//
// A journal: any bytes are read or refused; what was read is the same when written and read again.
#include "harness/fuzz/input.h"
#include "harness/model/json.h"
#include "harness/store/journal.h"

namespace hangrate {

namespace {

Result<void> check_header(const RunHeader& header) {
  const Json said = to_json_value(header);
  const auto again = header_from_json(said);
  HR_CHECK(again);
  HR_CHECK(dump_line(to_json_value(*again)) == dump_line(said));
  return {};
}

void check_record(const Record& record) {
  const Json said = to_json_value(record);
  const auto again = record_from_json(said);
  HR_CHECK(again && *again);
  HR_CHECK(dump_line(to_json_value(**again)) == dump_line(said));
}

}  // namespace

}  // namespace hangrate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hangrate;
  static const fuzz::Scratch scratch;
  const std::string path = scratch.write("journal.jsonl", fuzz::text_of(data, size));
  (void)read_journal(path, check_header, check_record);
  return 0;
}
