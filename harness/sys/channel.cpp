// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/channel.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "harness/sys/sealed_memory.h"

namespace hangrate {

namespace {

constexpr std::uint32_t kMagic = 0x48524348;  // "HRCH"
constexpr std::uint32_t kVersion = 1;

}  // namespace

Result<ChannelMemory> ChannelMemory::map(int fd) {
  void* base = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) return fail(Error::from_errno("mmap(channel)"));
  return ChannelMemory(static_cast<char*>(base));
}

ChannelMemory::ChannelMemory(ChannelMemory&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)) {}

ChannelMemory::~ChannelMemory() {
  if (base_ != nullptr) ::munmap(base_, kBytes);
}

ChannelMemory::Header& ChannelMemory::header() const {
  return *std::launder(reinterpret_cast<Header*>(base_));
}

Result<ChannelWriter> ChannelWriter::open(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_SYNC));
  if (!file) return fail(Error::from_errno("open(" + path + ")"));
  auto memory = ChannelMemory::map(file.get());
  if (!memory) return fail(memory.error().context(path));
  const ChannelMemory::Header& header = memory->header();
  if (header.magic != kMagic || header.version != kVersion) {
    return fail(Error::infrastructure(path + " is no channel of this version of hangrate"));
  }
  return ChannelWriter(std::move(*memory));
}

Result<void> ChannelWriter::append(std::string_view line) {
  const std::size_t bytes = line.size() + 1;
  if (bytes > ChannelMemory::kRingBytes) {
    return fail(Error::infrastructure("a line longer than the channel"));
  }
  ChannelMemory::Header& header = memory_.header();
  const std::uint64_t start = header.written.load(std::memory_order_relaxed);
  const Nanos deadline = now_ns() + kPatience;
  while (start + bytes - header.consumed.load(std::memory_order_acquire) >
         ChannelMemory::kRingBytes) {
    if (now_ns() > deadline) {
      return fail(Error::infrastructure("nobody takes records out of the channel"));
    }
    const timespec nap = to_timespec(kMilli);
    ::nanosleep(&nap, nullptr);
  }
  const std::size_t at = start % ChannelMemory::kRingBytes;
  const std::size_t head = std::min(line.size(), ChannelMemory::kRingBytes - at);
  std::memcpy(memory_.ring() + at, line.data(), head);
  std::memcpy(memory_.ring(), line.data() + head, line.size() - head);
  memory_.ring()[(start + line.size()) % ChannelMemory::kRingBytes] = '\n';
  header.written.store(start + bytes, std::memory_order_release);
  return {};
}

void ChannelWriter::beat() {
  memory_.header().beat.fetch_add(1, std::memory_order_relaxed);
}

Result<ChannelReader> ChannelReader::make() {
  auto file = make_sealed_file("hangrate-channel", ChannelMemory::kBytes);
  if (!file) return fail(file.error());
  auto memory = ChannelMemory::map(file->get());
  if (!memory) return fail(memory.error());
  auto* header = new (&memory->header()) ChannelMemory::Header{};
  header->magic = kMagic;
  header->version = kVersion;
  return ChannelReader(std::move(*file), std::move(*memory));
}

/// The writer is a machine under test: its counters are checked before they are used.
std::vector<std::string> ChannelReader::take_lines() {
  ChannelMemory::Header& header = memory_.header();
  const std::uint64_t written = header.written.load(std::memory_order_acquire);
  std::uint64_t at = consumed_;
  std::vector<std::string> lines;
  corrupt_ = corrupt_ || header.consumed.load(std::memory_order_relaxed) != at || written < at ||
             written - at > ChannelMemory::kRingBytes;
  if (corrupt_) return lines;
  while (at < written && lines.size() < kMostLines) {
    const std::size_t from = at % ChannelMemory::kRingBytes;
    const std::size_t span =
        std::min<std::uint64_t>(written - at, ChannelMemory::kRingBytes - from);
    const std::string_view piece(memory_.ring() + from, span);
    const std::size_t end = piece.find('\n');
    partial_.append(piece.substr(0, end));
    at += std::min(end, span);
    if (end == piece.npos) continue;
    ++at;
    corrupt_ = corrupt_ || partial_.size() > kMostLine;
    if (corrupt_) return lines;
    lines.push_back(std::move(partial_));
    partial_.clear();
  }
  consumed_ = at;
  header.consumed.store(at, std::memory_order_release);
  // No writer of ours has such a line, and one that never ends would take all memory of the host.
  corrupt_ = partial_.size() > kMostLine;
  return lines;
}

std::uint64_t ChannelReader::beat() const {
  return memory_.header().beat.load(std::memory_order_relaxed);
}

}  // namespace hangrate
