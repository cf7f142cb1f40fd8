// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which kernel is tested, with real kernels in real guests: one of Debian's, laid out as other
// distributions and a build tree have it, and one whose header says that it is another.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/model/json.h"
#include "harness/testing/command.h"

namespace hangrate::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
constexpr double kLimit = 280;

class RealKernel : public ::testing::Test {
 protected:
  /// What `hangrate kernel fetch` says of Debian's kernel; null if it cannot be had.
  static const Json& debian() {
    static const Json fetched = [] {
      const Ran ran =
          run_command({kHangrate, "kernel", "fetch", "debian:bookworm", "--json"}, kLimit);
      const auto json = parse_json(ran.out);
      return ran.code == 0 && json ? (*json)[0] : Json();
    }();
    return fetched;
  }
  static std::string field(const char* name) { return debian()[name].get<std::string>(); }

  void SetUp() override {
    if (debian().is_null()) GTEST_SKIP() << "no kernel to boot: debian:bookworm";
    if (run_command({"/bin/sh", "-c", "command -v qemu-system-x86_64"}).code != 0) {
      GTEST_SKIP() << "no qemu-system-x86_64: apt-get install qemu-system-x86";
    }
  }

  void copy(const std::string& from, const std::string& to) {
    fs::create_directories(fs::path(folder_ / to).parent_path());
    fs::copy_file(from, folder_ / to);
  }
  void put(const std::string& name, const std::string& bytes) {
    fs::create_directories(fs::path(folder_ / name).parent_path());
    ASSERT_TRUE(write_file_atomically(folder_ / name, bytes));
  }
  std::string fuse() const { return field("modules") + "/kernel/fs/fuse/fuse.ko"; }

  Ran run(const std::string& kernels) {
    put("matrix.json", R"({"schema":1,"kernels":[)" + kernels + "]}");
    fs::remove_all(folder_ / "run");
    return run_command({kHangrate, "matrix", folder_ / "matrix.json", "--results", folder_ / "run",
                        "--json", folder_ / "run.json", "--trials", "5", "--boots", "1",
                        "--weak-ok", "--repro", "fuse_flush_exit"},
                       kLimit);
  }
  Json rows() const {
    const auto json = parse_json(read_file(folder_ / "run.json").value_or(""));
    return json ? (*json)["kernels"] : Json();
  }
  TempFolder folder_;
};

TEST_F(RealKernel, TheBuildIdInTheImageIsKnown) {
  EXPECT_EQ(field("release"), fs::path(field("modules")).filename().string());
  EXPECT_EQ(field("build_id").size(), 40u);
}

TEST_F(RealKernel, ArchsLayoutAndAnImageWithCompressedModulesBothRunFuse) {
  const std::string release = field("release");
  copy(field("image"), "arch/boot/vmlinuz-linux");
  copy(field("image"), "arch/usr/lib/modules/" + release + "/vmlinuz");
  const std::string at = "arch/usr/lib/modules/" + release + "/kernel/fs/fuse/";
  copy(fuse(), at + "fuse.ko");
  ASSERT_EQ(run_command({"/bin/sh", "-c", "zstd -q --rm " + folder_ / at + "fuse.ko"}).code, 0);
  copy(field("image"), "bzImage");
  copy(fuse(), "mods/lib/modules/" + release + "/kernel/fs/fuse/fuse.ko");
  const std::string ko = folder_ / "mods/lib/modules/" + release + "/kernel/fs/fuse/fuse.ko";
  ASSERT_EQ(run_command({"/bin/sh", "-c", "xz " + ko}).code, 0);
  const Ran ran =
      run(R"({"id":"arch","spec":"dir:)" + folder_ / "arch" + R"("},{"id":"image","spec":"image:)" +
          folder_ / "bzImage,modules=" + folder_ / "mods" + "\"}");
  EXPECT_EQ(ran.code, 0) << ran.err << ran.out;
  for (const Json& row : rows()) {
    EXPECT_EQ(row["environment"]["release"], release) << row["id"];
    EXPECT_EQ(row["results"][0]["hits"], 5) << row.dump(2);
    EXPECT_TRUE(row["notes"].empty()) << "release and build id were compared: " << row["notes"];
  }
}

TEST_F(RealKernel, ABuildTreeRunsWithTheModulesThatWereBuiltInIt) {
  copy(field("image"), "tree/arch/x86/boot/bzImage");
  copy(fuse(), "tree/fs/fuse/fuse.ko");
  put("tree/modules.order", "fs/fuse/fuse.o\n");
  put("tree/include/config/kernel.release", field("release") + "\n");
  const Ran ran = run(R"({"id":"tree","spec":"dir:)" + folder_ / "tree" + "\"}");
  EXPECT_EQ(ran.code, 0) << ran.err << ran.out;
  EXPECT_EQ(rows()[0]["results"][0]["hits"], 5) << rows()[0].dump(2);
}

TEST_F(RealKernel, OneWhoseHeaderSaysItIsAnotherIsNamedAndNoTrialOfItCounts) {
  std::string image = read_file(field("image")).value_or("");
  const std::string release = field("release");
  const std::size_t at = image.find(release + " (");
  ASSERT_LT(at, 0x10000u);
  image[at + release.size() - 1] = '5';  // ...-amd65
  put("bzImage", image);
  const Ran ran = run(R"({"id":"liar","spec":"image:)" + folder_ / "bzImage" + "\"}");
  EXPECT_EQ(ran.code, 3) << ran.err;
  const Json row = rows()[0];
  const std::string other = release.substr(0, release.size() - 1) + "5";
  EXPECT_THAT(row["trouble"].get<std::string>(), HasSubstr("expected release " + other));
  EXPECT_THAT(row["trouble"].get<std::string>(), HasSubstr("found release " + release + " "));
  EXPECT_EQ(row["results"][0]["attempted"], 0);
  EXPECT_EQ(row["boots"].size(), 1u);
}

}  // namespace
}  // namespace hangrate::testing
