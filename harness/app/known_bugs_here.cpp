// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/known_bugs_here.h"

#include "harness/diagnose/pipe_fills.h"
#include "harness/judge/kernel_identity.h"
#include "harness/run/catalog.h"
#include "harness/waits/known_bugs.h"

namespace hangrate {

Result<BugBook> open_bug_book(const std::string& repro_dir) {
  BugBook book;
  std::vector<std::string> complaints;
  auto catalog = load_catalog(catalog_folder(repro_dir), &complaints);
  if (!catalog) {
    if (!repro_dir.empty()) return fail(catalog.error());
    book.absent.push_back({"known bugs", catalog.error().what()});
    return book;
  }
  for (const std::string& complaint : complaints) {
    book.absent.push_back({"a known bug", complaint});
  }
  for (CatalogEntry& entry : *catalog) book.manifests.push_back(std::move(entry.manifest));
  return book;
}

void name_bugs_here(const BugBook& book, const Environment& environment, Diagnosis& diagnosis) {
  constexpr Nanos kLongestQuestion = kSecond;
  if (diagnosis.proofs.empty() && diagnosis.stuck.empty()) return;
  measure_pipes(diagnosis, kLongestQuestion);
  diagnosis.absent.insert(diagnosis.absent.end(), book.absent.begin(), book.absent.end());
  name_known_bugs(diagnosis, book.manifests,
                  identify_kernel(environment.release, environment.version, environment.signature));
}

}  // namespace hangrate
