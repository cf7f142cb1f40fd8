// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lines of /proc/PID/cgroup as the runtimes make them, and those that only look like it.
#include "harness/model/container_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hangrate {
namespace {

using ::testing::HasSubstr;

const std::string kId = "3f2a1b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708";
const std::string kOther = "3f2a1b4c00000000000000000000000000000000000000000000000000000000";

struct Shape {
  const char* name;
  std::string line;
  const char* runtime;  ///< "" = no container
  std::string id;
  std::string path;
};

class ContainerShapes : public ::testing::TestWithParam<Shape> {};

TEST_P(ContainerShapes, AreToldApart) {
  const auto found = containers_in(GetParam().line);
  if (*GetParam().runtime == '\0') {
    EXPECT_TRUE(found.empty()) << found.front().runtime << " " << found.front().id;
    return;
  }
  ASSERT_EQ(found.size(), 1U) << GetParam().line;
  EXPECT_EQ(found[0].runtime, GetParam().runtime);
  EXPECT_EQ(found[0].id, GetParam().id);
  EXPECT_EQ(found[0].path, GetParam().path);
}

const std::string kPod =
    "/kubepods.slice/kubepods-burstable.slice/"
    "kubepods-burstable-pod8d6b1d3e_0a5c_4a53_9f3d_1f6a2d3c4b5a.slice/";

INSTANTIATE_TEST_SUITE_P(
    Runtimes, ContainerShapes,
    ::testing::Values(
        Shape{"DockerV1", "12:pids:/docker/" + kId, "docker", kId, "/docker/" + kId},
        Shape{"DockerSystemd", "0::/system.slice/docker-" + kId + ".scope", "docker", kId,
              "/system.slice/docker-" + kId + ".scope"},
        Shape{"DockerInit", "0::/system.slice/docker-" + kId + ".scope/init.scope", "docker", kId,
              "/system.slice/docker-" + kId + ".scope"},
        Shape{"Podman", "0::/machine.slice/libpod-" + kId + ".scope/container", "podman", kId,
              "/machine.slice/libpod-" + kId + ".scope"},
        Shape{"PodmanRootless",
              "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId +
                  ".scope/container",
              "podman", kId,
              "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId + ".scope"},
        Shape{"PodmanCgroupfs", "3:memory:/libpod_parent/libpod-" + kId, "podman", kId,
              "/libpod_parent/libpod-" + kId},
        Shape{"PodmanSplit", "0::/system.slice/web.service/libpod-payload-" + kId, "podman", kId,
              "/system.slice/web.service/libpod-payload-" + kId},
        Shape{"Conmon", "0::/machine.slice/libpod-conmon-" + kId + ".scope", "", "", ""},
        Shape{"Containerd", "0::" + kPod + "cri-containerd-" + kId + ".scope", "containerd", kId,
              kPod + "cri-containerd-" + kId + ".scope"},
        Shape{"ContainerdColons",
              "10:cpu,cpuacct:/system.slice/containerd.service/"
              "kubepods-besteffort-pod1.slice:cri-containerd:" +
                  kId,
              "containerd", kId,
              "/system.slice/containerd.service/kubepods-besteffort-pod1.slice:cri-containerd:" +
                  kId},
        Shape{"ContainerdTask", "0::/default/redis-server", "containerd", "redis-server",
              "/default/redis-server"},
        Shape{"Kubernetes",
              "4:pids:/kubepods/burstable/pod8d6b1d3e-0a5c-4a53-9f3d-1f6a2d3c4b5a/" + kId,
              "kubernetes", kId,
              "/kubepods/burstable/pod8d6b1d3e-0a5c-4a53-9f3d-1f6a2d3c4b5a/" + kId},
        Shape{"Crio", "0::" + kPod + "crio-" + kId + ".scope", "cri-o", kId,
              kPod + "crio-" + kId + ".scope"},
        Shape{"CrioConmon", "0::" + kPod + "crio-conmon-" + kId + ".scope", "", "", ""},
        Shape{"Lxc", "0::/lxc.payload.web/system.slice/cron.service", "lxc", "web",
              "/lxc.payload.web"},
        Shape{"LxcOld", "5:devices:/lxc/web/init.scope", "lxc", "web", "/lxc/web"},
        Shape{"LxcMonitor", "0::/lxc.monitor.web", "", "", ""},
        Shape{"Nspawn", "0::/machine.slice/machine-deb\\x2dsid.scope/payload/init.scope", "machine",
              "deb-sid", "/machine.slice/machine-deb\\x2dsid.scope"},
        Shape{"NspawnService", "1:name=systemd:/machine.slice/systemd-nspawn@sid.service/payload",
              "machine", "sid", "/machine.slice/systemd-nspawn@sid.service"},
        Shape{"DockerItself", "0::/system.slice/docker.service", "", "", ""},
        Shape{"Session", "0::/user.slice/user-0.slice/session-3.scope", "", "", ""},
        Shape{"DefaultBelow", "0::/system.slice/default/x", "", "", ""},
        Shape{"Root", "0::/", "", "", ""}, Shape{"NoLine", "garbage", "", "", ""},
        Shape{"Half", "0:", "", "", ""}, Shape{"Empty", "", "", "", ""}),
    [](const auto& shape) { return shape.param.name; });

TEST(Containers, OfAContainerInAContainerBothAreSeen) {
  const auto found = containers_in("12:pids:/docker/" + kId + "/docker/" + kOther);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].path, "/docker/" + kId);
  EXPECT_EQ(found[1].id, kOther);
}

std::vector<std::string> two_and_a_shell() {
  return {"12:pids:/docker/" + kId,   "11:memory:/docker/" + kId, "12:pids:/docker/" + kOther,
          "0::/lxc.payload.web/init", "0::/lxc.payload.web2/x",   "0::/user.slice"};
}

TEST(Containers, ABeginningIsEnoughIfNoOtherHasIt) {
  const auto found = select_container(two_and_a_shell(), "3f2a1b4c5d");
  ASSERT_TRUE(found) << found.error().what();
  ASSERT_EQ(found->size(), 2U) << "once in each hierarchy";
  EXPECT_EQ((*found)[0].controllers, "pids");
  EXPECT_EQ((*found)[1].controllers, "memory");
}

TEST(Containers, ABeginningOfTwoNamesBoth) {
  const auto found = select_container(two_and_a_shell(), "3f2a1b4c");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().what(), HasSubstr(kId));
  EXPECT_THAT(found.error().what(), HasSubstr(kOther));
}

TEST(Containers, AWholeNameIsNotTheBeginningOfAnother) {
  const auto found = select_container(two_and_a_shell(), "web");
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->front().path, "/lxc.payload.web");
  EXPECT_FALSE(select_container(two_and_a_shell(), "we"));
}

/// A container that may make cgroups can make one of that name: which is meant is not guessed.
TEST(Containers, TwoOfOneNameAreToldByTheirPaths) {
  const auto found = select_container(
      {"0::/lxc.payload.web/init", "0::/lxc.payload.a/lxc.payload.web/init"}, "web");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().what(), HasSubstr("/lxc.payload.a/lxc.payload.web"));
}

TEST(Containers, AnUnknownOneNamesThoseThereAre) {
  const auto found = select_container(two_and_a_shell(), "ffff");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().what(), HasSubstr("lxc web2"));
  EXPECT_FALSE(select_container(two_and_a_shell(), ""));
  EXPECT_THAT(select_container({"0::/"}, "x").error().what(), HasSubstr("none is seen here"));
}

}  // namespace
}  // namespace hangrate
