// SPDX-License-Identifier: GPL-2.0-or-later
//
// Channel: lines from one machine to another through shared memory. The guest stores them in a
// device's memory that is a file of the host, so what was written is with the host whatever becomes
// of the guest: a panic loses nothing, and no driver or interrupt of the kernel under test is in
// the way. A ring with one writer at a time and one reader.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

/// The memory of a channel, mapped. Unmapped by its destructor.
class ChannelMemory {
 public:
  static constexpr std::size_t kBytes = 16u << 20;  ///< a PCI memory region: a power of two

  static Result<ChannelMemory> map(int fd);
  ChannelMemory(ChannelMemory&& other) noexcept;
  ChannelMemory& operator=(ChannelMemory&&) = delete;
  ~ChannelMemory();

  struct Header {
    std::uint32_t magic;
    std::uint32_t version;
    std::atomic<std::uint64_t> written;   ///< bytes ever, by the writer
    std::atomic<std::uint64_t> consumed;  ///< bytes ever, by the reader
    std::atomic<std::uint64_t> beat;      ///< the writer is alive
  };
  Header& header() const;
  char* ring() const { return base_ + kRingOffset; }
  static constexpr std::size_t kRingOffset = 4096;
  static constexpr std::size_t kRingBytes = kBytes - kRingOffset;

 private:
  explicit ChannelMemory(char* base) : base_(base) {}
  char* base_ = nullptr;
};

/// The writer's side. Several processes may write one after the other.
class ChannelWriter {
 public:
  /// `path`: the memory of a device (sysfs resource file) or any file of the right size.
  static Result<ChannelWriter> open(const std::string& path);

  /// Stores one line (without its newline). Waits for room up to kPatience, then fails.
  Result<void> append(std::string_view line);
  void beat();

  static constexpr Nanos kPatience = 30 * kSecond;

 private:
  explicit ChannelWriter(ChannelMemory memory) : memory_(std::move(memory)) {}
  ChannelMemory memory_;
};

/// The reader's side: makes the memory and takes lines out of it. Never waits.
class ChannelReader {
 public:
  static Result<ChannelReader> make();

  /// The memory file, to be handed to the machine.
  int fd() const { return file_.get(); }
  /// The next whole lines, at most kMostLines of them: more may wait. Each takes memory beyond its
  /// text, and a ring of empty ones would take half a GiB at once.
  std::vector<std::string> take_lines();
  std::uint64_t beat() const;
  /// Has the writer done anything that cannot be (corrupt counters, a line beyond kMostLine)?
  bool corrupt() const { return corrupt_; }

  static constexpr std::size_t kMostLines = 1u << 16;
  static constexpr std::size_t kMostLine = 4u << 20;  ///< bytes; the longest ever seen had 234,000

 private:
  ChannelReader(UniqueFd file, ChannelMemory memory)
      : file_(std::move(file)), memory_(std::move(memory)) {}
  UniqueFd file_;
  ChannelMemory memory_;
  std::string partial_;
  std::uint64_t consumed_ = 0;  ///< ours: what the header says of it is only for the writer
  bool corrupt_ = false;
};

}  // namespace hangrate
