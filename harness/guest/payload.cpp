// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/payload.h"

#include "harness/guest/initramfs.h"
#include "harness/guest/payload_files.h"

namespace hangrate {

namespace {

Result<void> pack(Initramfs& archive, const std::string& path, const PayloadEntry& entry) {
  if (!entry.target.empty()) return archive.add_link(path, entry.target);
  if (entry.host_path.empty()) return archive.add_folder(path);
  return archive.add_copy(path, entry.host_path, static_cast<int>(entry.mode & 0777));
}

}  // namespace

Result<Payload> make_payload(const PayloadOrder& order) {
  PayloadFiles files(order);
  if (order.root.empty()) HR_TRY(files.take_start_folder());
  for (const std::string& text : order.include) HR_TRY(files.take_include(text));
  if (!order.root.empty()) HR_TRY(files.take_root());
  for (const std::string& program : order.programs) HR_TRY(files.take_named(program));
  for (const auto& words : order.commands) HR_TRY(files.take_command(words));
  auto archive = Initramfs::make();
  if (!archive) return fail(archive.error());
  for (const auto& [path, entry] : files.entries()) HR_TRY(pack(*archive, path, entry));
  auto packed = archive->finish();
  if (!packed) return fail(packed.error());
  std::vector<std::string> paths;
  for (const auto& [path, entry] : files.entries()) paths.push_back(path);
  return Payload{std::move(*packed), files.bytes(), paths.size(), std::move(paths), files.hints()};
}

}  // namespace hangrate
