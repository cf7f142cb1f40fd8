// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/sha256.h"

#include <sha2.h>
#include <unistd.h>

#include "harness/base/input.h"
#include "harness/kernel/compressed_file.h"

namespace hangrate {

namespace {

void add(SHA2_CTX& sum, std::string_view bytes) {
  ::SHA256Update(&sum, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

std::string hex_of(SHA2_CTX& sum) {
  char text[SHA256_DIGEST_STRING_LENGTH];
  ::SHA256End(&sum, text);
  return text;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  SHA2_CTX sum;
  ::SHA256Init(&sum);
  add(sum, bytes);
  return hex_of(sum);
}

Result<std::string> sha256_of_file(const std::string& path) {
  const auto file = open_input(path);
  if (!file) return fail(file.error());
  SHA2_CTX sum;
  ::SHA256Init(&sum);
  std::string chunk(1u << 18, '\0');
  while (true) {
    const ssize_t n = ::read(file->get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Error::from_errno("read(" + path + ")"));
    if (n == 0) return hex_of(sum);
    add(sum, std::string_view(chunk.data(), static_cast<std::size_t>(n)));
  }
}

}  // namespace hangrate
