// SPDX-License-Identifier: GPL-2.0-or-later
//
// A reproducer can be mailed: its program compiles with nothing but a compiler, as it lies beside
// hang.h and as one flattened file, judges by itself and says what it saw by its exit code.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "harness/testing/command.h"

namespace hangrate::testing {

namespace {

namespace fs = std::filesystem;

const std::string kSource = HANGRATE_SOURCE_DIR;
const std::string kHangrate = HANGRATE_BUILD_DIR "/bin/hangrate";
const std::string kStrangers = kSource + "/harness/testing/strangers";
using Words = std::vector<std::string>;
const Words kStrict = {"-O2",          "-pthread",         "-Wall",
                       "-Wextra",      "-Wpedantic",       "-Wshadow",
                       "-Wconversion", "-Wold-style-cast", "-Werror"};
const Words kStrictC = {"-std=c11", "-O2", "-pthread", "-Wall", "-Wextra", "-Wpedantic", "-Werror"};

/// The programs to mail: repros/NAME/NAME.cpp.
Words mailed() {
  Words paths;
  for (const auto& folder : fs::directory_iterator(kSource + "/repros")) {
    const fs::path program = folder.path() / (folder.path().filename().string() + ".cpp");
    if (fs::exists(program)) paths.push_back(program.string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Words installed(const Words& compilers) {
  Words found;
  for (const std::string& name : compilers) {
    if (run_command({"/usr/bin/env", name, "--version"}).code == 0) found.push_back(name);
  }
  return found;
}

/// Compiles `source`; what the compiler says must be nothing.
void compile(const std::string& compiler, const Words& options, const std::string& source,
             const std::string& output) {
  Words argv = {"/usr/bin/env", compiler};
  argv.insert(argv.end(), options.begin(), options.end());
  argv.insert(argv.end(), {"-o", output, source});
  const Ran ran = run_command(argv, 120);
  EXPECT_EQ(ran.code, 0) << compiler << ' ' << source << '\n' << ran.err;
}

/// By every C++ compiler there is, in its default standard and in C++20.
void compile_by_all(const std::string& source, const std::string& output) {
  for (const std::string& compiler : installed({"g++", "clang++"})) {
    for (const char* standard : {"", "-std=c++20"}) {
      Words options = kStrict;
      if (*standard != '\0') options.emplace_back(standard);
      compile(compiler, options, source, output);
    }
  }
}

Words with_kit(Words options) {
  options.push_back("-I" + kSource + "/repros/kit");
  return options;
}

std::string flatten(const std::string& program, const std::string& output) {
  const Ran ran = run_command({kSource + "/scripts/flatten", program, "--output", output});
  EXPECT_EQ(ran.code, 0) << ran.err;
  return output;
}

/// The first block in `language` of the guide.
std::string block_of_guide(const std::string& language) {
  const std::string guide = read_file(kSource + "/repros/README.md").value_or("");
  const std::string fence = "```" + language + "\n";
  const std::size_t begin = guide.find(fence) + fence.size();
  return guide.substr(begin, guide.find("```", begin) - begin);
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

long lines_of(const std::string& path) {
  const std::string text = read_file(path).value_or("");
  return std::count(text.begin(), text.end(), '\n');
}

/// A folder with the program of `source` and the manifest beside it, as a stranger has it.
std::string stranger(const TempFolder& folder, const std::string& name, const std::string& source) {
  fs::create_directory(folder / name);
  fs::copy(kStrangers + "/" + name + "/repro.json", folder / name);
  const bool is_c = fs::path(source).extension() == ".c";
  compile(is_c ? "cc" : "c++", with_kit(is_c ? kStrictC : kStrict),
          kStrangers + "/" + name + "/" + source, folder / name + "/" + name);
  return folder / name;
}

std::string build_fake(const TempFolder& folder) {
  compile("c++", {"-O2", "-pthread", "-I" + kSource}, kSource + "/harness/testing/fakes/fake.cpp",
          folder / "fake");
  return folder / "fake";
}

/// What a program run alone with --ktap writes: version, plan and one result.
void expect_ktap(const Ran& ran) {
  EXPECT_TRUE(ran.out.starts_with("KTAP version 1\n1..1\n")) << ran.out;
  const bool not_ok = ran.out.find("\nnot ok 1 ") != std::string::npos;
  const bool ok = ran.out.find("\nok 1 ") != std::string::npos;
  EXPECT_NE(ok, not_ok) << ran.out;
  EXPECT_EQ(ok, ran.code == 0 || ran.code == 4) << ran.code << ran.out;
}

TEST(Mailable, ThereAreProgramsToMailAndNoneIsLong) {
  EXPECT_FALSE(mailed().empty());
  for (const std::string& program : mailed()) EXPECT_LE(lines_of(program), 150) << program;
}

TEST(Mailable, EachCompilesBesideItsHeaderWithoutAWarning) {
  const TempFolder folder;
  for (const std::string& program : mailed()) compile_by_all(program, folder / "program");
}

TEST(Mailable, EachCompilesAsOneFlattenedFile) {
  const TempFolder folder;
  for (const std::string& program : mailed()) {
    compile_by_all(flatten(fs::path(program).stem(), folder / "flat.cpp"), folder / "program");
    EXPECT_EQ(read_file(folder / "flat.cpp")->find("#include \""), std::string::npos) << program;
  }
}

TEST(Mailable, EachRunsAloneAndSaysWhatItSawByItsExitCode) {
  const TempFolder folder;
  const std::string program = folder / "program";
  for (const std::string& source : mailed()) {
    compile("c++", {"-O2", "-pthread"}, source, program);
    const Ran ran = run_command({program, "--trials", "5", "--ktap"});
    EXPECT_TRUE((std::set{0, 1, 4}.contains(ran.code))) << source << ran.code << ran.out;
    expect_ktap(ran);
    EXPECT_EQ(run_command({program, "nonsense"}).code, 2) << source;
  }
}

TEST(Mailable, ARunAloneTellsHangSkipFailureAndHealthApart) {
  const TempFolder folder;
  const std::string fake = build_fake(folder);
  const auto code = [&](const std::string& variant) {
    const Ran ran = run_command({fake, variant, "--trials", "3", "--ktap"});
    expect_ktap(ran);
    return ran.code;
  };
  EXPECT_EQ(code("clean"), 0);
  EXPECT_EQ(code("lost-wakeup"), 1);
  EXPECT_EQ(code("hang-then-fails"), 1);
  EXPECT_EQ(code("anomaly"), 1);
  EXPECT_EQ(code("setup-fails"), 3);
  EXPECT_EQ(code("skip"), 4);
  EXPECT_EQ(code("slow-then-anomaly"), 1);
}

TEST(Mailable, ATrialThatHungAndThenFailedCountsOnce) {
  const TempFolder folder;
  const std::string fake = build_fake(folder);
  const Ran ran = run_command({fake, "hang-then-anomaly", "--trials", "3"});
  EXPECT_NE(ran.out.find("1 of 1 trials"), std::string::npos) << ran.out;
}

TEST(Mailable, TheGuidesExampleIsAProgramInBothLanguages) {
  const TempFolder folder;
  write(folder / "full_pipe.c", block_of_guide("c"));
  write(folder / "full_pipe.cpp", block_of_guide("c"));
  compile("c++", with_kit({"-pthread", "-Wall", "-Wextra", "-Werror"}), folder / "full_pipe.cpp",
          folder / "program");
  EXPECT_EQ(run_command({folder / "program", "--trials", "3"}).code, 1);
  for (const std::string& compiler : installed({"gcc", "clang"})) {
    compile(compiler, with_kit(kStrictC), folder / "full_pipe.c", folder / "program");
    EXPECT_EQ(run_command({folder / "program", "--trials", "3"}).code, 1) << compiler;
  }
}

TEST(Mailable, TheGuidesExampleRunsUnderTheHarness) {
  const TempFolder folder;
  fs::create_directory(folder / "mine");
  write(folder / "full_pipe.c", block_of_guide("c"));
  write(folder / "mine/repro.json", block_of_guide("json"));
  compile("cc", with_kit({"-std=c11", "-pthread"}), folder / "full_pipe.c",
          folder / "mine/full_pipe");
  const Ran ran = run_command({kHangrate, "run", folder / "mine", "--results", folder / "run"});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
}

TEST(Stranger, AProgramInC11IsAReproducer) {
  EXPECT_LT(lines_of(kStrangers + "/c_program/c_program.c"), 60);
  for (const std::string& compiler : installed({"gcc", "clang"})) {
    const TempFolder folder;
    compile(compiler, with_kit(kStrictC), kStrangers + "/c_program/c_program.c",
            folder / "program");
    EXPECT_EQ(run_command({folder / "program", "--trials", "3"}).code, 1) << compiler;
    EXPECT_EQ(run_command({folder / "program", "fits", "--trials", "100"}).code, 0) << compiler;
  }
  const TempFolder folder;
  const std::string mine = stranger(folder, "c_program", "c_program.c");
  EXPECT_EQ(run_command({kHangrate, "run", mine, "--results", folder / "run"}).code, 0);
  EXPECT_EQ(run_command({kHangrate, "run", mine + "/fits", "--results", folder / "fits"}).code, 0);
}

/// Alone and under the harness a program says the same of a kernel: splice(2) excludes readers.
TEST(Stranger, AHangOfThisKernelIsProvenAloneAndUnderTheHarness) {
  EXPECT_LE(lines_of(kStrangers + "/splice_pipe_lock/splice_pipe_lock.cpp"), 90);
  const TempFolder folder;
  const std::string mine = stranger(folder, "splice_pipe_lock", "splice_pipe_lock.cpp");
  const int alone = run_command({mine + "/splice_pipe_lock", "--trials", "5"}).code;
  EXPECT_EQ(run_command({mine + "/splice_pipe_lock", "with-data", "--trials", "100"}).code, 0);
  if (alone == 0) GTEST_SKIP() << "this kernel does not have the hang";
  ASSERT_EQ(alone, 1);
  const Ran ran = run_command({kHangrate, "run", mine, "--results", folder / "run"});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
}

}  // namespace

}  // namespace hangrate::testing
