// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lines as 6.18 writes them.
#include "harness/model/tcp_peers.h"

#include <string>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

using Peers = std::map<std::uint64_t, std::uint64_t>;

std::string line(const std::string& ends, const std::string& inode,
                 const std::string& state = "01 00000000:00000000 00:00000000") {
  return "   0: " + ends + " " + state + " 00000000     0        0 " + inode +
         " 1 ffff8880 20 4 30 10 -1\n";
}
const std::string kThere = "0100007F:1F90 0100007F:C3A4";
const std::string kBack = "0100007F:C3A4 0100007F:1F90";

TEST(TcpPeers, AreTheTwoEndsOfAConnectionOverLoopback) {
  EXPECT_EQ(quiet_tcp_peers(line(kThere, "77") + line(kBack, "78"), ""),
            (Peers{{77, 78}, {78, 77}}));
  const std::string one = "00000000000000000000000001000000:";
  EXPECT_EQ(quiet_tcp_peers("", line(one + "1F90 " + one + "C3A4", "77") +
                                    line(one + "C3A4 " + one + "1F90", "78")),
            (Peers{{77, 78}, {78, 77}}));
}

TEST(TcpPeers, AnIpv6SocketMayHaveAnIpv4Peer) {
  const std::string mapped = "0000000000000000FFFF00000100007F:";
  EXPECT_EQ(
      quiet_tcp_peers(line(kThere, "77"), line(mapped + "C3A4 " + mapped + "1F90", "78")).size(),
      2U);
}

TEST(TcpPeers, AreNoneThatMayEndAWaitByThemselves) {
  for (const char* state : {
           "01 00000005:00000000 00:00000000",  // not yet acknowledged
           "01 00000000:00000005 00:00000000",  // not yet read
           "01 00000000:00000000 01:00000014",  // retransmits
           "01 00000000:00000000 02:000A8C37",  // keepalive
           "01 00000000:00000000 04:00000014",  // probes the window
           "04 00000000:00000000 00:00000000",  // FIN_WAIT1
           "08 00000000:00000000 00:00000000",  // CLOSE_WAIT
       }) {
    EXPECT_TRUE(quiet_tcp_peers(line(kThere, "77") + line(kBack, "78", state), "").empty())
        << state;
    EXPECT_TRUE(quiet_tcp_peers(line(kThere, "77", state) + line(kBack, "78"), "").empty())
        << state;
  }
}

TEST(TcpPeers, AreNoneWhereAnEndIsNotSeenOrSeenTwice) {
  EXPECT_TRUE(quiet_tcp_peers(line(kThere, "77"), "").empty()) << "in another namespace";
  EXPECT_TRUE(quiet_tcp_peers(line(kThere, "77") + line(kBack, "0"), "").empty())
      << "not accepted yet";
  EXPECT_TRUE(
      quiet_tcp_peers(line(kThere, "77") + line(kBack, "78") + line(kBack, "79"), "").empty());
  EXPECT_TRUE(
      quiet_tcp_peers(
          line(kThere, "77") + line(kBack, "78") + line("0100007F:0001 0100007F:0002", "78"), "")
          .empty());
}

TEST(TcpPeers, AreNoneOfAnAddressOfThisMachineThatIsNotLoopback) {
  EXPECT_TRUE(
      quiet_tcp_peers(
          line("0200000A:1F90 0200000A:C3A4", "77") + line("0200000A:C3A4 0200000A:1F90", "78"), "")
          .empty());
}

TEST(TcpPeers, AnyTextIsTaken) {
  for (const char* text : {"", "\n", "  sl  local_address rem_address   st tx_queue\n",
                           "0: : : 01 : 00: a b c d", "1 2 3 4 5 6 7 8 9 10\n"}) {
    EXPECT_TRUE(quiet_tcp_peers(text, text).empty());
  }
}

}  // namespace
}  // namespace hangrate
