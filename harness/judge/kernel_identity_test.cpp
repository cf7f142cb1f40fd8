// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/kernel_identity.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace hangrate {
namespace {

struct Case {
  const char* release;
  const char* version;
  const char* signature;
  Certainty certainty;
  const char* base;
  const char* vendor;
};

/// As machines print them.
const Case kCases[] = {
    {"5.15.0-91-generic", "#101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023",
     "Ubuntu 5.15.0-91.101-generic 5.15.131", Certainty::AtLeast, "5.15.131", "ubuntu"},
    {"5.15.0-105-generic", "#115-Ubuntu SMP Mon Apr 15 09:52:04 UTC 2024",
     "Ubuntu 5.15.0-105.115-generic 5.15.148", Certainty::AtLeast, "5.15.148", "ubuntu"},
    {"5.15.0-107-generic", "#117-Ubuntu SMP Fri Apr 26 12:26:49 UTC 2024",
     "Ubuntu 5.15.0-107.117-generic 5.15.149", Certainty::AtLeast, "5.15.149", "ubuntu"},
    {"6.8.0-111-generic", "#111-Ubuntu SMP PREEMPT_DYNAMIC", "Ubuntu 6.8.0-111.111-generic 6.8.12",
     Certainty::AtLeast, "6.8.12", "ubuntu"},
    {"6.8.0-31-generic", "#31-Ubuntu SMP PREEMPT_DYNAMIC Sat Apr 20 00:40:06 UTC 2024",
     "Ubuntu 6.8.0-31.31-generic 6.8.1", Certainty::AtLeast, "6.8.1", "ubuntu"},
    {"6.5.0-1014-aws", "#14~22.04.1-Ubuntu SMP Thu Feb 15 15:27:06 UTC 2024",
     "Ubuntu 6.5.0-1014.14~22.04.1-aws 6.5.13", Certainty::AtLeast, "6.5.13", "ubuntu"},
    {"6.5.0-35-generic", "#35~22.04.1-Ubuntu SMP PREEMPT_DYNAMIC Tue May  7 09:00:52 UTC 2",
     "Ubuntu 6.5.0-35.35~22.04.1-generic 6.5.13", Certainty::AtLeast, "6.5.13", "ubuntu"},
    {"6.5.0-41-generic", "#41~22.04.2-Ubuntu SMP PREEMPT_DYNAMIC Mon Jun  3 11:32:55 UTC 2",
     "Ubuntu 6.5.0-41.41~22.04.2-generic 6.5.13", Certainty::AtLeast, "6.5.13", "ubuntu"},
    {"5.15.0-91-generic", "#101-Ubuntu SMP", "", Certainty::AtLeast, "5.15.0", "ubuntu"},
    {"5.14.0-427.13.1.el9_4.x86_64", "#1 SMP PREEMPT_DYNAMIC Wed Apr 10 10:29:16 EDT 2024", "",
     Certainty::AtLeast, "5.14.0", "rhel"},
    {"5.14.0-570.12.1.el9_6.x86_64", "#1 SMP PREEMPT_DYNAMIC", "", Certainty::AtLeast, "5.14.0",
     "rhel"},
    {"6.12.0-55.9.1.el10_0.x86_64", "#1 SMP PREEMPT_DYNAMIC", "", Certainty::AtLeast, "6.12.0",
     "rhel"},
    {"4.18.0-553.el8_10.x86_64", "#1 SMP Fri May 10 15:19:13 EDT 2024", "", Certainty::AtLeast,
     "4.18.0", "rhel"},
    {"3.10.0-1160.el7.x86_64", "#1 SMP", "", Certainty::AtLeast, "3.10.0", "rhel"},
    {"6.8.5-301.fc40.x86_64", "#1 SMP PREEMPT_DYNAMIC Thu Apr 11 20:00:10 UTC 2024", "",
     Certainty::Exact, "6.8.5", "fedora"},
    {"6.7.0-68.fc40.x86_64", "#1 SMP", "", Certainty::Exact, "6.7.0", "fedora"},
    {"5.3.18-150300.59.106-default", "#1 SMP Mon Dec 12 13:16:24 UTC 2022 (774239c)", "",
     Certainty::AtLeast, "5.3.18", "suse"},
    {"5.14.21-150500.55.62-default", "#1 SMP PREEMPT_DYNAMIC Tue Apr 16 2024", "",
     Certainty::AtLeast, "5.14.21", "suse"},
    {"5.14.21-150500.55.7-default", "#1 SMP PREEMPT_DYNAMIC", "", Certainty::AtLeast, "5.14.21",
     "suse"},
    {"6.4.0-150600.23.7-default", "#1 SMP PREEMPT_DYNAMIC", "", Certainty::AtLeast, "6.4.0",
     "suse"},
    {"6.4.0-150600.21-default", "#1 SMP PREEMPT_DYNAMIC", "", Certainty::AtLeast, "6.4.0", "suse"},
    {"6.8.8-1-default", "#1 SMP PREEMPT_DYNAMIC (openSUSE Tumbleweed)", "", Certainty::AtLeast,
     "6.8.8", "suse"},
    {"5.10.209-198.858.amzn2.x86_64", "#1 SMP Tue Feb 13 18:46:41 UTC 2024", "", Certainty::Exact,
     "5.10.209", "amazon"},
    {"5.10.205-195.807.amzn2.x86_64", "#1 SMP Tue Jan 16 18:28:59 UTC 2024", "", Certainty::Exact,
     "5.10.205", "amazon"},
    {"6.1.75-99.163.amzn2023.x86_64", "#1 SMP PREEMPT_DYNAMIC", "", Certainty::Exact, "6.1.75",
     "amazon"},
    {"6.7.2-arch1-1", "#1 SMP PREEMPT_DYNAMIC Wed, 31 Jan 2024", "", Certainty::Exact, "6.7.2",
     "arch"},
    {"6.7.2-zen1-1-zen", "#1 ZEN SMP PREEMPT_DYNAMIC", "", Certainty::Exact, "6.7.2", "arch"},
    {"6.6.14-1-lts", "#1 SMP PREEMPT_DYNAMIC", "", Certainty::Exact, "6.6.14", ""},
    {"5.10.209-android12-9-00019-g4ea09a298bb4-ab12292661", "#1 SMP PREEMPT", "",
     Certainty::AtLeast, "5.10.209", "android"},
    {"5.10.168-android12-9-gki-00001", "#1 SMP PREEMPT", "", Certainty::AtLeast, "5.10.168",
     "android"},
    {"6.1.75-android14-11-g1234567890ab", "#1 SMP PREEMPT", "", Certainty::AtLeast, "6.1.75",
     "android"},
    {"5.15.133-20574-g30a6ffbb3dd2", "#1 SMP PREEMPT", "", Certainty::AtLeast, "5.15.133", ""},
    {"6.1.0-rpi7-rpi-v8", "#1 SMP PREEMPT Debian 1:6.1.63-1+rpt1 (2023-11-24)", "",
     Certainty::Exact, "6.1.63", "raspberrypi"},
    {"6.6.20+rpt-rpi-v8", "#1 SMP PREEMPT Debian 1:6.6.20-1+rpt1 (2024-03-07)", "",
     Certainty::Exact, "6.6.20", "raspberrypi"},
    {"6.1.21-v8+", "#1642 SMP PREEMPT Mon Apr  3 17:24:16 BST 2023", "", Certainty::AtLeast,
     "6.1.21", ""},
    {"5.15.153.1-microsoft-standard-WSL2", "#1 SMP Fri Mar 29 23:14:13 UTC 2024", "",
     Certainty::Exact, "5.15.153", "wsl"},
    {"5.15.146.1-microsoft-standard-WSL2", "#1 SMP Thu Jan 11 04:09:03 UTC 2024", "",
     Certainty::Exact, "5.15.146", "wsl"},
    {"4.4.0-19041-Microsoft", "#1237-Microsoft Sat Sep 11 14:32:00 PST 2021", "", Certainty::None,
     "", ""},
    {"6.8.12-4-pve", "#1 SMP PREEMPT_DYNAMIC PMX 6.8.12-4 (2024-11-06T15:04Z)", "",
     Certainty::AtLeast, "6.8.12", "proxmox"},
    {"6.5.11-8-pve", "#1 SMP PREEMPT_DYNAMIC PMX 6.5.11-8 (2024-01-30T12:27Z)", "",
     Certainty::AtLeast, "6.5.11", "proxmox"},
    {"6.5.13-5-pve", "#1 SMP PREEMPT_DYNAMIC PMX 6.5.13-5 (2024-04-05T11:03Z)", "",
     Certainty::AtLeast, "6.5.13", "proxmox"},
    {"5.15.0-1057-azure", "#65-Ubuntu SMP Fri Feb 9 18:39:24 UTC 2024",
     "Ubuntu 5.15.0-1057.65-azure 5.15.137", Certainty::AtLeast, "5.15.137", "ubuntu"},
    {"5.15.0-206.153.7.el9uek.x86_64", "#2 SMP", "", Certainty::Exact, "5.15.153", "oracle"},
    {"5.15.0-100.96.32.el9uek.x86_64", "#2 SMP", "", Certainty::Exact, "5.15.96", "oracle"},
    {"6.12.0-100.28.2.el9uek.x86_64", "#1 SMP", "", Certainty::Exact, "6.12.28", "oracle"},
    {"5.4.17-2136.330.7.5.el8uek.x86_64", "#3 SMP", "", Certainty::AtLeast, "5.4.17", "oracle"},
    {"6.6.13+bpo-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.6.13-1~bpo12+1 (2024-02-15)", "",
     Certainty::Exact, "6.6.13", "debian"},
    {"6.1.0-17-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.69-1 (2023-12-30)", "", Certainty::Exact,
     "6.1.69", "debian"},
    {"6.1.0-18-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)", "", Certainty::Exact,
     "6.1.76", "debian"},
    {"6.1.0-18-rt-amd64", "#1 SMP PREEMPT_RT Debian 6.1.76-1 (2024-02-01)", "", Certainty::Exact,
     "6.1.76", "debian"},
    {"6.8.0-rc1+", "#1 SMP", "", Certainty::AtLeast, "6.8.0-rc1", ""},
    {"6.7.0-rc8-next-20240105", "#1 SMP PREEMPT_DYNAMIC", "", Certainty::AtLeast, "6.7.0-rc8", ""},
    {"6.7.0-next-20240110", "#1 SMP PREEMPT_DYNAMIC", "", Certainty::AtLeast, "6.7.0", ""},
    {"6.7.0-09928-g052d534373b7", "#1 SMP", "", Certainty::AtLeast, "6.7.0", ""},
    {"6.7.0-12345-g052d534373b7", "#1 SMP", "", Certainty::AtLeast, "6.7.0", ""},
    {"6.7.0+", "#1 SMP", "", Certainty::AtLeast, "6.7.0", ""},
    {"6.7.0-dirty", "#1 SMP", "", Certainty::AtLeast, "6.7.0", ""},
    {"6.7.0-05124-g0123456789ab-dirty", "#1 SMP", "", Certainty::AtLeast, "6.7.0", ""},
    {"v6.7-rc8-12-g0123456", "#1 SMP", "", Certainty::None, "", ""},
    {"6.7.0-gentoo-x86_64", "#1 SMP", "", Certainty::Exact, "6.7.0", ""},
    {"6.6.14-gentoo-dist", "#1 SMP", "", Certainty::Exact, "6.6.14", ""},
    {"5.19.0-1010-oem", "#1 SMP", "Ubuntu 5.19.0-1010.10-oem 5.19.17", Certainty::AtLeast,
     "5.19.17", "ubuntu"},
    {"5.10.0-0.deb10.27-amd64", "#1 SMP Debian 5.10.205-2~deb10u1 (2024-01-01)", "",
     Certainty::Exact, "5.10.205", "debian"},
    {"5.15.148-v8l+", "#1 SMP", "", Certainty::AtLeast, "5.15.148", ""},
    {"6.6.8-talos", "#1 SMP", "", Certainty::Exact, "6.6.8", ""},
    {"5.15.146-flatcar", "#1 SMP", "", Certainty::Exact, "5.15.146", ""},
    {"6.1.66+", "#1 SMP COS (Google Container-Optimized OS)", "", Certainty::AtLeast, "6.1.66", ""},
    {"5.10.205-linuxkit", "#1 SMP", "", Certainty::Exact, "5.10.205", ""},
    {"6.6.12-linuxkit", "#1 SMP", "", Certainty::Exact, "6.6.12", ""},
    {"5.14.0-1059-oem", "#67-Ubuntu SMP", "Ubuntu 5.14.0-1059.67-oem 5.14.21", Certainty::AtLeast,
     "5.14.21", "ubuntu"},
    {"4.19.90-2107.6.0.0100.oe1.bclinux.x86_64", "#1 SMP", "", Certainty::AtLeast, "4.19.90",
     "openeuler"},
    {"5.10.0-136.12.0.86.oe2203sp1.x86_64", "#1 SMP", "", Certainty::AtLeast, "5.10.0",
     "openeuler"},
    {"5.10.0-216.0.0.115.oe2203sp4.x86_64", "#1 SMP", "", Certainty::AtLeast, "5.10.0",
     "openeuler"},
    {"5.10.134-16.1.al8.x86_64", "#1 SMP", "", Certainty::AtLeast, "5.10.134", "alibaba"},
    {"5.4.241-1-tlinux4-0017.7", "#1 SMP", "", Certainty::AtLeast, "5.4.241", "tencent"},
    {"6.6.30-tlinux4", "#1 SMP", "", Certainty::AtLeast, "6.6.30", "tencent"},
    {"6.6.0-72.0.0.76.oe2403sp1.x86_64", "#1 SMP", "", Certainty::AtLeast, "6.6.0", "openeuler"},
    {"6.8.0-0.rc1.20240125git6098d87eaf31.16.fc40.x86_64", "#1 SMP PREEMPT_DYNAMIC", "",
     Certainty::AtLeast, "6.8.0-rc1", "fedora"},
    {"6.7.0-0.rc8.61.fc40.x86_64", "#1 SMP", "", Certainty::Exact, "6.7.0-rc8", "fedora"},
    {"6.10.0-64.fc41.x86_64", "#1 SMP", "", Certainty::Exact, "6.10.0", "fedora"},
    {"5.14.21-150500.55.73-default", "#1 SMP PREEMPT_DYNAMIC Tue Jul 2 2024", "",
     Certainty::AtLeast, "5.14.21", "suse"},
    {"5.14.21-150400.24.125-default", "#1 SMP", "", Certainty::AtLeast, "5.14.21", "suse"},
    {"6.4.0-150600.23.14-default", "#1 SMP", "", Certainty::AtLeast, "6.4.0", "suse"},
    {"6.5.0-41-generic", "#41~22.04.2-Ubuntu SMP", "Ubuntu 6.5.0-41.41~22.04.2-generic 6.5.13",
     Certainty::AtLeast, "6.5.13", "ubuntu"},
    {"6.8.0-060800rc1-generic", "#202401212233 SMP PREEMPT_DYNAMIC", "", Certainty::Exact,
     "6.8.0-rc1", "ubuntu-mainline"},
    {"6.7.3-060703-generic", "#202402010240 SMP PREEMPT_DYNAMIC", "", Certainty::Exact, "6.7.3",
     "ubuntu-mainline"},
    {"6.7.0-060700-generic", "#202401072033 SMP PREEMPT_DYNAMIC", "", Certainty::Exact, "6.7.0",
     "ubuntu-mainline"},
    {"6.1.0-rc1-syzkaller-00010-gbb1a1146467a", "#0", "", Certainty::AtLeast, "6.1.0-rc1", ""},
    {"6.8.0-rc6-syzkaller-00037-g805d849d7c3c", "#0", "", Certainty::AtLeast, "6.8.0-rc6", ""},
    {"6.7.0-syzkaller-09928-g052d534373b7", "#0 SMP", "", Certainty::AtLeast, "6.7.0", ""},
    {"6.7.0-syzkaller", "#0 SMP", "", Certainty::Exact, "6.7.0", ""},
    {"5.15.148-syzkaller", "#0", "", Certainty::Exact, "5.15.148", ""},
    {"5.14.0-1-amd64", "#1 SMP Debian 5.14.6-2 (2021-09-19)", "", Certainty::Exact, "5.14.6",
     "debian"},
    {"6.7.2-1-MANJARO", "#1", "", Certainty::Exact, "6.7.2", "manjaro"},
    {"6.7.0-0-MANJARO", "#1", "", Certainty::Exact, "6.7.0", "manjaro"},
    {"5.15.0-1.el7.elrepo.x86_64", "#1 SMP", "", Certainty::Exact, "5.15.0", "elrepo"},
    {"6.7.0-1.el9.elrepo.x86_64", "#1 SMP", "", Certainty::Exact, "6.7.0", "elrepo"},
    {"5.10.0-8-amd64", "#1 SMP Debian 5.10.46-4 (2021-08-03)", "", Certainty::Exact, "5.10.46",
     "debian"},
    {"6.0.0-6-amd64", "#1 SMP Debian 6.0.12-1", "", Certainty::Exact, "6.0.12", "debian"},
    {"6.6.0-1-lts", "#1", "", Certainty::Exact, "6.6.0", ""},
    {"6.7.0-3-liquorix-amd64", "#1 ZEN SMP PREEMPT_DYNAMIC liquorix 6.7-4.1~bookworm", "",
     Certainty::AtLeast, "6.7.0", ""},
    {"6.7.0-x64v3-xanmod1", "#0~20240107", "", Certainty::Exact, "6.7.0", ""},
    {"6.1.55-cloudflare-2023.10.4", "#1 SMP", "", Certainty::Exact, "6.1.55", ""},
    {"5.15.0-1.cm2", "#1 SMP", "", Certainty::AtLeast, "5.15.0", "azurelinux"},
    {"5.15.137.1-1.cm2", "#1 SMP", "", Certainty::AtLeast, "5.15.137", "azurelinux"},
    {"6.6.64.2-9.azl3", "#1 SMP", "", Certainty::AtLeast, "6.6.64", "azurelinux"},
    {"5.4.0-150-generic", "#167~18.04.1-Ubuntu SMP", "Ubuntu 5.4.0-150.167~18.04.1-generic 5.4.233",
     Certainty::AtLeast, "5.4.233", "ubuntu"},
    {"5.13.0-52-generic", "#59~20.04.1-Ubuntu SMP", "Ubuntu 5.13.0-52.59~20.04.1-generic 5.13.19",
     Certainty::AtLeast, "5.13.19", "ubuntu"},
    {"6.8.0-asahi-1", "#1 SMP", "", Certainty::Exact, "6.8.0", ""},
    {"6.5.0-asahi-15-1-edge-ARCH", "#2 SMP", "", Certainty::Exact, "6.5.0", ""},
    {"6.5.0-41-generic", "#41~22.04.2-Ubuntu SMP PREEMPT_DYNAMIC",
     "Ubuntu 6.5.0-41.41~22.04.2-generic 6.5.13", Certainty::AtLeast, "6.5.13", "ubuntu"},
    {"6.7.0-1.el9", "", "", Certainty::Exact, "6.7.0", ""},
    {"6.1.75-1.el8.x86_64", "", "", Certainty::Exact, "6.1.75", ""},
    {"5.14.0-1.el9.x86_64", "", "", Certainty::AtLeast, "5.14.0", "rhel"},
    {"2.6.32-754.el6.x86_64", "", "", Certainty::AtLeast, "2.6.32", "rhel"},
    {"4.14.0-115.el7a.ppc64le", "", "", Certainty::AtLeast, "4.14.0", "rhel"},
    {"6.12.0-0.rc2.1.el11.x86_64", "", "", Certainty::AtLeast, "6.12.0-rc2", "rhel"},
    {"7.1.0-1.el11.x86_64", "", "", Certainty::AtLeast, "7.1.0", "rhel"},
    {"5.14.0-427.13.1.el9_4.x86_64+rt", "#1 SMP PREEMPT_RT", "", Certainty::AtLeast, "5.14.0",
     "rhel"},
    {"4.18.0-553.16.1.el8_10.cloud.x86_64", "", "", Certainty::AtLeast, "4.18.0", "rhel"},
    {"6.9.7-200.fc40.x86_64", "", "", Certainty::Exact, "6.9.7", "fedora"},
    {"4.20.0-0.rc2.git0.1.fc30.x86_64", "", "", Certainty::Exact, "4.20.0-rc2", "fedora"},
    {"4.20.0-0.rc2.git3.1.fc30.x86_64", "", "", Certainty::AtLeast, "4.20.0-rc2", "fedora"},
    {"6.7.0-0.rc0.20231031git5a6a09e97199.2.fc40.x86_64", "", "", Certainty::AtLeast, "6.7.0-rc0",
     "fedora"},
    {"6.8.0-0.rc1.20240124.415.vanilla.fc39.x86_64", "", "", Certainty::AtLeast, "6.8.0-rc1",
     "fedora"},
    {"6.8.0-0.rc1.12.eln133.x86_64", "", "", Certainty::Exact, "6.8.0-rc1", "fedora"},
    {"6.10.0-arch1-1", "", "", Certainty::Exact, "6.10.0", "arch"},
    {"6.6.14-hardened1-1-hardened", "", "", Certainty::Exact, "6.6.14", "arch"},
    {"6.8.0-rc3-1-mainline", "", "", Certainty::Exact, "6.8.0-rc3", "arch"},
    {"6.6.14-0-lts", "", "", Certainty::Exact, "6.6.14", "alpine"},
    {"6.6.14-0-virt", "", "", Certainty::Exact, "6.6.14", "alpine"},
    {"6.7.0-1-edge", "", "", Certainty::Exact, "6.7.0", "alpine"},
    {"6.6.14-1-cachyos", "", "", Certainty::AtLeast, "6.6.14", ""},
    {"6.7.2-1405.native", "", "", Certainty::AtLeast, "6.7.2", ""},
    {"6.1.75-1.ph5", "", "", Certainty::AtLeast, "6.1.75", "photon"},
    {"6.1.102-111.182.amzn2023.x86_64", "", "", Certainty::Exact, "6.1.102", "amazon"},
    {"5.15.153.1-microsoft-standard-WSL2+", "", "", Certainty::AtLeast, "5.15.153", "wsl"},
    {"4.19.128-microsoft-standard", "", "", Certainty::Exact, "4.19.128", "wsl"},
    {"5.4.203-1-pve", "#1 SMP PVE 5.4.203-1", "", Certainty::AtLeast, "5.4.203", "proxmox"},
    {"4.14.35-2047.539.5.el7uek.x86_64", "", "", Certainty::AtLeast, "4.14.35", "oracle"},
    {"5.15.0-3.60.5.1.el8uek.x86_64", "", "", Certainty::Exact, "5.15.60", "oracle"},
    {"6.9.0-2.el9uek.x86_64", "", "", Certainty::AtLeast, "6.9.0", "oracle"},
    {"5.4.100-0504100-generic", "", "", Certainty::Exact, "5.4.100", "ubuntu-mainline"},
    {"6.7.0-060700rc8drmtip20240105-generic", "", "", Certainty::AtLeast, "6.7.0-rc8",
     "ubuntu-mainline"},
    {"6.8.0-060800daily20240115-generic", "", "", Certainty::AtLeast, "6.8.0", "ubuntu-mainline"},
    {"6.8.0-060700-generic", "", "", Certainty::AtLeast, "6.8.0", ""},
    {"6.8.0-111-generic", "#111-Ubuntu SMP PREEMPT_DYNAMIC", "", Certainty::AtLeast, "6.8.0",
     "ubuntu"},
    {"6.8.0-111-generic", "", "", Certainty::AtLeast, "6.8.0", ""},
    {"6.8.0-111-generic", "#111-Ubuntu SMP", "Ubuntu 6.8.0-111.111-generic 6.8.12\n",
     Certainty::AtLeast, "6.8.12", "ubuntu"},
    {"6.1.0-50-amd64", "", "", Certainty::AtLeast, "6.1.0", ""},
    {"6.1.0-50-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-01)", "", Certainty::Exact,
     "6.1.176", "debian"},
    {"5.10.0-35-cloud-amd64", "#1 SMP Debian 5.10.262-1 (2026-06-30)", "", Certainty::Exact,
     "5.10.262", "debian"},
    {"6.12.107+deb13-amd64", "", "", Certainty::Exact, "6.12.107", "debian"},
    {"6.12.43+deb12-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.43-1~bpo12+1 (2025-09-06)", "",
     Certainty::Exact, "6.12.43", "debian"},
    {"6.12-rc6-amd64", "#1 SMP Debian 6.12~rc6-1~exp1 (2024-11-10)", "", Certainty::Exact,
     "6.12.0-rc6", "debian"},
    {"6.6.51+rpt-rpi-v8", "#1 SMP PREEMPT Debian 1:6.6.51-1+rpt3 (2024-10-08)", "",
     Certainty::Exact, "6.6.51", "raspberrypi"},
    {"6.1.0-rpi7-rpi-v8", "", "", Certainty::AtLeast, "6.1.0", "raspberrypi"},
    {"6.6.9-amd64", "#1 SMP PREEMPT_DYNAMIC Kali 6.6.9-1kali1 (2024-01-08)", "", Certainty::Exact,
     "6.6.9", "kali"},
    {"6.5.0-kali3-amd64", "", "", Certainty::AtLeast, "6.5.0", "kali"},
    {"6.5.0-kali3-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.5.6-1kali1 (2023-10-09)", "",
     Certainty::Exact, "6.5.6", "debian"},
    {"5.14.21-150500.33.29-azure", "", "", Certainty::AtLeast, "5.14.21", "suse"},
    {"4.12.14-122.91-default", "", "", Certainty::AtLeast, "4.12.14", "suse"},
    {"6.12.0-160000.5-default", "", "", Certainty::AtLeast, "6.12.0", "suse"},
    {"6.18.44-cloud1", "#1 SMP PREEMPT_DYNAMIC @0", "", Certainty::Exact, "6.18.44", ""},
    {"6.6.14_1", "", "", Certainty::Exact, "6.6.14", ""},
    {"6.8.0", "", "", Certainty::Exact, "6.8.0", ""},
    {"4.9", "", "", Certainty::Exact, "4.9.0", ""},
    {"2.6.32.27", "", "", Certainty::Exact, "2.6.32", ""},
    {"6.6.15-rc3", "", "", Certainty::Exact, "6.6.15-rc3", ""},
    {"6.8-rc1", "", "", Certainty::Exact, "6.8.0-rc1", ""},
    {"6.8.0-00012-g1234abcd5678", "", "", Certainty::AtLeast, "6.8.0", ""},
    {"6.8.0-rc3-00100-g1234abcd5678", "", "", Certainty::AtLeast, "6.8.0-rc3", ""},
    {"6.8.0-00012", "", "", Certainty::AtLeast, "6.8.0", ""},
    {"6.8.0-gentoo", "", "", Certainty::Exact, "6.8.0", ""},
    {"6.8.0-g1234abcd5678", "", "", Certainty::AtLeast, "6.8.0", ""},
    {"6.18.44", "Debian ", "Ubuntu", Certainty::Exact, "6.18.44", ""},
    {"6.18.44", "Debian trixie", "  \n", Certainty::Exact, "6.18.44", ""},
    {"6.8.0rc1", "", "", Certainty::None, "", ""},
    {"6.8.x", "", "", Certainty::None, "", ""},
};

TEST(KernelIdentity, IsReadOutOfWhatMachinesPrint) {
  for (const Case& c : kCases) {
    const KernelIdentity found = identify_kernel(c.release, c.version, c.signature);
    const std::string where = std::string(c.release) + " | " + c.version + " | " + c.signature;
    EXPECT_STREQ(certainty_name(found.certainty), certainty_name(c.certainty)) << where;
    EXPECT_EQ(found.base ? to_string(*found.base) : "", c.base) << where;
    EXPECT_EQ(found.vendor, c.vendor) << where;
    EXPECT_EQ(found.base.has_value(), found.certainty != Certainty::None) << where;
    EXPECT_EQ(found.hint.empty(), found.certainty == Certainty::Exact) << where;
  }
}

TEST(KernelIdentity, NamesOnlyVendorsOfTheList) {
  const auto names = vendor_names();
  for (const Case& c : kCases) {
    const KernelIdentity found = identify_kernel(c.release, c.version, c.signature);
    if (found.vendor.empty()) continue;
    EXPECT_NE(std::find(names.begin(), names.end(), found.vendor), names.end()) << found.vendor;
  }
  for (const std::string_view name : names) {
    const bool used = std::any_of(std::begin(kCases), std::end(kCases),
                                  [&](const Case& c) { return name == c.vendor; });
    EXPECT_TRUE(used) << name;
  }
}

TEST(KernelIdentity, IsNoneWhereThereIsNoNumber) {
  for (const char* text : {"", "6", "6.", "linux", "v6.8", ".8.0", "99999999999.1", "-1.2"}) {
    const KernelIdentity found = identify_kernel(text);
    EXPECT_EQ(found.certainty, Certainty::None) << text;
    EXPECT_FALSE(found.hint.empty());
    EXPECT_EQ(to_string(found), "");
  }
}

TEST(KernelIdentity, KeepsWhatTellsTheReleasesOfAVendorApart) {
  const KernelIdentity laptop =
      identify_kernel("6.5.0-1017-laptop", "#20-Ubuntu SMP", "Ubuntu 6.5.0-1017.20-laptop 6.5.13");
  EXPECT_EQ(laptop.series, parse_kernel_version("6.5"));
  EXPECT_EQ(laptop.numbers, (std::vector<int>{1017, 20}));
  EXPECT_EQ(laptop.flavour, "laptop");
  const KernelIdentity backport = identify_kernel("6.5.0-41-generic", "#41~22.04.2-Ubuntu SMP",
                                                  "Ubuntu 6.5.0-41.41~22.04.2-generic 6.5.13");
  EXPECT_EQ(backport.numbers, (std::vector<int>{41, 41}));
  const KernelIdentity rhel = identify_kernel("5.14.0-427.13.1.el9_4.x86_64");
  EXPECT_EQ(rhel.numbers, (std::vector<int>{427, 13, 1}));
  EXPECT_EQ(rhel.flavour, "");
  const KernelIdentity suse = identify_kernel("6.4.0-150600.23.7-default");
  EXPECT_EQ(suse.series, parse_kernel_version("6.4"));
  EXPECT_EQ(suse.numbers, (std::vector<int>{150600, 23, 7}));
  EXPECT_EQ(suse.flavour, "default");
  EXPECT_EQ(identify_kernel("?").series, std::nullopt);
}

TEST(KernelIdentity, SaysHowFarItGoes) {
  EXPECT_EQ(to_string(identify_kernel("6.1.176")), "6.1.176");
  EXPECT_EQ(to_string(identify_kernel("6.7.0-rc8+")), "6.7.0-rc8 or later");
  EXPECT_NE(identify_kernel("6.7.0-rc8+").hint.find("--expect REPRO="), std::string::npos);
}

}  // namespace
}  // namespace hangrate
