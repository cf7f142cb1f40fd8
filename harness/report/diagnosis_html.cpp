// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/diagnosis_html.h"

#include <algorithm>

#include <fmt/format.h>

#include "harness/report/format.h"
#include "harness/report/html.h"
#include "harness/report/known_bug_text.h"
#include "harness/report/safe_text.h"
#include "harness/waits/wait_words.h"

namespace hangrate {

namespace {

constexpr int kProven = 1;  // as exit codes, which colour badges
constexpr int kUnproven = 3;

std::string code(const std::string& text) {
  return "<code>" + markup_line(text) + "</code>";
}

std::string list(const std::vector<std::string>& lines) {
  std::string text = "<ul>\n";
  for (const std::string& line : lines) text += "<li>" + markup_line(line) + "</li>\n";
  return text + "</ul>\n";
}

std::size_t proven(const Diagnosis& diagnosis) {
  return static_cast<std::size_t>(
      std::count_if(diagnosis.proofs.begin(), diagnosis.proofs.end(),
                    [](const WaitProof& proof) { return !proof.only_a_signal; }));
}

std::string headline(const Diagnosis& diagnosis) {
  const std::size_t hangs = proven(diagnosis);
  const std::size_t stuck = diagnosis.stuck.size() + diagnosis.proofs.size() - hangs;
  std::string text = hangs == 0 ? "No hang is proven" : plural(hangs, "hang is", "hangs are");
  if (hangs != 0) text += " proven";
  const std::size_t spinning = diagnosis.spinning.size();
  if (stuck != 0) text += fmt::format(", {} stuck", stuck);
  if (spinning != 0) text += fmt::format(", {} spinning", spinning);
  if (hangs == 0 && stuck == 0 && spinning == 0) text = "Nothing hangs";
  return text + fmt::format(", {} looked at in {:.0f} ms",
                            plural(diagnosis.looked_at, "task", "tasks"), to_ms(diagnosis.took));
}

std::string verdict(const Diagnosis& diagnosis, const DiagnosisSetting& setting) {
  if (proven(diagnosis) != 0) return html::badge(setting.exit_code, "hang proven");
  if (!diagnosis.proofs.empty() || !diagnosis.stuck.empty()) {
    return html::badge(setting.exit_code, "stuck");
  }
  return html::badge(setting.exit_code, diagnosis.spinning.empty() ? "nothing hangs" : "spinning");
}

std::string banner(const Diagnosis& diagnosis, const DiagnosisSetting& setting) {
  std::string command;
  for (const std::string& word : setting.argv) command += (command.empty() ? "" : " ") + word;
  return fmt::format(
             "<header>\n<h1><span class=\"name\">hangrate diagnose</span> {}</h1>\n"
             "<p id=\"headline\">{}.</p>\n<dl class=\"facts\">\n",
             verdict(diagnosis, setting), headline(diagnosis)) +
         html::fact("Looked", markup_line(setting.started)) +
         html::fact("Kernel", markup_line(setting.environment.release)) +
         html::fact("Exit code", std::to_string(setting.exit_code)) +
         html::wide_fact("Command", code(command)) + "</dl>\n</header>\n";
}

constexpr const char* kContents = R"(<nav aria-label="Contents">
<a href="#hangs">Hangs</a>
<a href="#stuck">Stuck</a>
<a href="#spinning">Spinning</a>
<a href="#unseen">Not seen</a>
<a href="#machine">The machine</a>
<a href="#reading">How to read this</a>
</nav>
)";

std::string known(const std::vector<KnownBug>& bugs, const char* heading) {
  std::string text;
  for (const KnownBug& bug : bugs) {
    const std::vector<std::string> lines = known_bug_lines(bug);
    text += fmt::format("<{0}>Known: {1}</{0}>\n", heading, markup_line(lines.front())) +
            list({lines.begin() + 1, lines.end()});
  }
  return text;
}

std::string stack_of(const TaskRef& task) {
  std::string text;
  for (const std::string& frame : task.stack) text += (text.empty() ? "" : " < ") + frame;
  return text.empty() ? "not read" : text;
}

std::string tasks_table(const WaitProof& proof) {
  std::string rows;
  for (const TaskRef& task : proof.members) {
    rows += fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        markup_line(name_of(task)), markup_line(std::string(1, task.state)),
        task.exiting ? "exits" : markup_line(task.call), code(task.place), code(stack_of(task)));
  }
  return html::scrolling(
      "Tasks",
      "<table>\n<caption>The tasks, as they slept in three looks</caption>\n<thead><tr>"
      "<th scope=\"col\">Task</th><th scope=\"col\">State</th><th scope=\"col\">System call</th>"
      "<th scope=\"col\">Sleeps in</th><th scope=\"col\">Stack, innermost first</th></tr></thead>\n"
      "<tbody>\n" +
          rows + "</tbody>\n</table>\n");
}

std::string pipes(const WaitProof& proof, const std::vector<PipeFill>& all) {
  std::string text;
  for (const std::string& line : pipe_fill_lines(proof, all))
    text += (text.empty() ? "" : "; ") + line;
  return markup_line(text);
}

std::string hang_article(const WaitProof& proof, const Diagnosis& diagnosis, std::size_t number) {
  std::string kind = proof_name(proof.kind);
  kind.front() = static_cast<char>(kind.front() - 'a' + 'A');
  const std::string title =
      fmt::format("{}. {}, {}", number, kind, plural(proof.members.size(), "task", "tasks"));
  const std::string badge = proof.only_a_signal ? html::badge(kUnproven, "only a signal could help")
                                                : html::badge(kProven, "hang proven");
  return fmt::format(
             "<article class=\"{0}\" id=\"p{1}\" aria-labelledby=\"p{1}-name\">\n"
             "<h3 id=\"p{1}-name\">{2} {3}</h3>\n",
             html::exit_class(proof.only_a_signal ? kUnproven : kProven), number,
             markup_line(title), badge) +
         html::wait_graph(proof, "Who waits for whom in hang " + std::to_string(number)) +
         "<h4>Why it does not go on</h4>\n" + list(proof.sentences) + "<dl class=\"facts\">\n" +
         html::wide_fact("Cure", markup_line(proof.cure)) +
         html::wide_fact("Pipes", pipes(proof, diagnosis.pipes)) + "</dl>\n" + tasks_table(proof) +
         known(proof.known, "h4") + "</article>\n";
}

std::string hangs(const Diagnosis& diagnosis) {
  std::string text = "<section aria-labelledby=\"hangs\">\n<h2 id=\"hangs\">Hangs</h2>\n";
  if (diagnosis.proofs.empty()) text += "<p>None is proven.</p>\n";
  std::size_t number = 0;
  for (const WaitProof& proof : diagnosis.proofs) {
    text += hang_article(proof, diagnosis, ++number);
  }
  return text + "</section>\n";
}

std::string stuck(const Diagnosis& diagnosis) {
  std::string text = "<section aria-labelledby=\"stuck\">\n<h2 id=\"stuck\">Stuck</h2>\n";
  if (diagnosis.stuck.empty()) {
    return text + "<p>No task stands still in a way that is not explained.</p>\n</section>\n";
  }
  text += "<p>These stand still, and nothing is proven of them.</p>\n";
  for (const StuckTask& one : diagnosis.stuck) {
    text += "<h3>" + markup_line(name_of(one.task)) + "</h3>\n<p>" + markup_line(one.why) +
            "</p>\n" + known(one.known, "h4");
  }
  return text + "</section>\n";
}

std::string spinning(const Diagnosis& diagnosis) {
  std::string text = "<section aria-labelledby=\"spinning\">\n<h2 id=\"spinning\">Spinning</h2>\n";
  if (diagnosis.spinning.empty()) {
    return text + "<p>No task was seen to run in the kernel for seconds.</p>\n</section>\n";
  }
  text += "<p>These run in the kernel and were not seen to come back: no hang, perhaps work.</p>\n";
  for (const SpinningTask& one : diagnosis.spinning) {
    TaskRef task = one.task;
    task.stack = one.stack;
    text += "<h3>" + markup_line(name_of(task)) + "</h3>\n<p>" + markup_line(one.why) +
            "</p>\n<p>Stack: " + code(stack_of(task)) + "</p>\n";
  }
  return text + "</section>\n";
}

std::string unseen(const Diagnosis& diagnosis) {
  std::string text = "<section aria-labelledby=\"unseen\">\n<h2 id=\"unseen\">Not seen</h2>\n";
  if (diagnosis.absent.empty())
    return text + "<p>All that was asked for was seen.</p>\n</section>\n";
  std::vector<std::string> lines;
  for (const Absence& absence : diagnosis.absent) {
    lines.push_back(absence.source + ": " + absence.reason);
  }
  return text + list(lines) + "</section>\n";
}

std::string machine(const Environment& e) {
  std::string settings;
  for (const auto& [name, value] : e.sysctls) {
    settings += (settings.empty() ? "" : ", ") + name + "=" + value;
  }
  const std::string cpus =
      e.cpus > 0 ? plural(static_cast<std::uint64_t>(e.cpus), "CPU", "CPUs") : "";
  return "<section aria-labelledby=\"machine\">\n<h2 id=\"machine\">The machine</h2>\n"
         "<dl class=\"facts\">\n" +
         html::fact("Release", code(e.release)) + html::fact("Machine", markup_line(e.machine)) +
         html::fact("CPUs", cpus) + html::fact("Virtualization", markup_line(e.virtualization)) +
         html::fact("Preemption", markup_line(e.preempt.active)) +
         html::fact("Looked as", e.root ? "root" : "a user: not all is shown") +
         html::wide_fact("Version", code(e.version)) +
         html::wide_fact("Command line", code(e.cmdline)) +
         html::wide_fact("Settings", markup_line(settings)) + "</dl>\n</section>\n";
}

constexpr const char* kReading = R"(<section aria-labelledby="reading">
<h2 id="reading">How to read this</h2>
<p>A task was taken for one that hangs only if it slept in three looks without a context switch. A hang is
proven if what it waits for is there already (lost wake-up), if all who could release it wait for each other
(deadlock), or if nobody but itself could (orphaned). What time, a stranger, a signal or a process that
cannot be looked into might end is no hang. That something looks like a known bug proves nothing, and makes
no hang of what is none. Nothing was signalled, stopped or traced to find this out.</p>
</section>
)";

}  // namespace

std::string diagnosis_html(const Diagnosis& diagnosis, const DiagnosisSetting& setting) {
  return html::page_head(setting.version, "hangrate diagnose: " + headline(diagnosis)) +
         "<body>\n<a class=\"skip\" href=\"#main\">Skip to the results</a>\n" +
         banner(diagnosis, setting) + kContents + "<main id=\"main\">\n" + hangs(diagnosis) +
         stuck(diagnosis) + spinning(diagnosis) + unseen(diagnosis) + machine(setting.environment) +
         kReading + "</main>\n" + html::page_foot(setting.version);
}

}  // namespace hangrate
