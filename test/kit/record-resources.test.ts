// recordResources shows what Pulumi's mocks hide, and refuses what they let pass.
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { getAddonVersionOutput } from "@pulumi/aws/eks/getAddonVersion.js";
import { getRegionOutput } from "@pulumi/aws/getRegion.js";
import { InstanceProfile } from "@pulumi/aws/iam/instanceProfile.js";
import { Role, type RoleArgs } from "@pulumi/aws/iam/role.js";
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { Queue } from "@pulumi/aws/sqs/queue.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/index.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import { ComponentResource, type Output, secret } from "@pulumi/pulumi";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { describe, expect, it } from "vitest";
import { recordResources, UNKNOWN } from "./record-resources.ts";

const at = { stack: "dev", project: "kit" };

class Box extends ComponentResource {
  constructor(name: string, provider: Provider) {
    super("kit:test:Box", name, {}, { providers: [provider] });
    new ConfigMap(
      `${name}-map`,
      { metadata: { name: "map" }, data: { key: secret("hidden") } },
      {
        parent: this,
        protect: true,
        ignoreChanges: ["data.other"],
        customTimeouts: { create: "7m" },
        aliases: [{ name: "before" }],
        retainOnDelete: true,
      },
    );
  }
}

describe("recordResources", () => {
  it("records parents, providers and options beside unwrapped inputs", async () => {
    const recorded = await recordResources(() => new Box("box", new Provider("k8s", { context: "c" })), at);
    expect(recorded.map((it) => it.type)).toEqual([
      "pulumi:providers:kubernetes",
      "kit:test:Box",
      "kubernetes:core/v1:ConfigMap",
    ]);
    expect(recorded[2]).toMatchObject({
      name: "box-map",
      urn: "urn:pulumi:dev::kit::kit:test:Box$kubernetes:core/v1:ConfigMap::box-map",
      parent: "urn:pulumi:dev::kit::kit:test:Box::box",
      provider: "urn:pulumi:dev::kit::pulumi:providers:kubernetes::k8s::k8s-id",
      props: { metadata: { name: "map" }, data: { key: "hidden" } },
      secretPaths: ["data.key"],
      protect: true,
      retainOnDelete: true,
      ignoreChanges: ["data.other"],
      aliases: [{ urn: "", type: "", name: "before" }],
      customTimeouts: { create: "7m", update: "", delete: "" },
    });
  });

  it("waits for a resource that is built from another one's output", async () => {
    const recorded = await recordResources(() => {
      const random = new RandomProvider("random");
      const password = new RandomPassword("pw", { length: 39 }, { provider: random });
      const data = { key: password.result.apply((it) => `rk-${it}`) };
      new ConfigMap("map", { data }, { provider: new Provider("k8s") });
    }, at);
    const map = recorded.at(-1);
    expect(map?.props.data).toEqual({ key: "rk-recorded-password-0123456789-abcdefghij" });
    expect(map?.secretPaths).toEqual(["data.key"]);
    expect(map?.dependencies).toEqual([
      "urn:pulumi:dev::kit::random:index/randomPassword:RandomPassword::pw",
    ]);
  });

  it("leaves generated values unknown in a preview", async () => {
    const recorded = await recordResources(
      () => {
        const random = new RandomProvider("random");
        const password = new RandomPassword("pw", { length: 39 }, { provider: random });
        new ConfigMap("map", { data: { key: password.result } }, { provider: new Provider("k8s") });
      },
      { ...at, preview: true },
    );
    expect(recorded.at(-1)?.props).toEqual({ data: { key: UNKNOWN }, apiVersion: "v1", kind: "ConfigMap" });
  });

  it("refuses two resources with one URN", async () => {
    const twice = () => {
      const provider = new Provider("k8s");
      for (const _ of [1, 2]) new ConfigMap("map", {}, { provider });
    };
    await expect(recordResources(twice, at)).rejects.toThrow("two resources have the URN");
  });

  it("refuses a resource that would use a default provider", async () => {
    await expect(recordResources(() => new ConfigMap("map", {}), at)).rejects.toThrow("no explicit provider");
  });

  it("passes a program's failure on", async () => {
    const failing = () => {
      throw new Error("wrong setting");
    };
    await expect(recordResources(failing, at)).rejects.toThrow("wrong setting");
  });
});

describe("calls of a recorded program", () => {
  const version = (addonName: string) =>
    getAddonVersionOutput({ addonName, kubernetesVersion: "1.35" }, { provider: new AwsProvider("aws") })
      .version;
  const mapOf = (value: Output<string>) =>
    new ConfigMap("map", { data: { value } }, { provider: new Provider("k8s") });

  it("get the same answer every time, so that the version of an add-on is no news", async () => {
    const recorded = await recordResources(() => mapOf(version("coredns")), at);
    expect(recorded.at(-1)?.props.data).toEqual({ value: "v1.0.0-eksbuild.1" });
  });

  it("get the answer that the caller names", async () => {
    const answers = { "aws:eks/getAddonVersion:getAddonVersion": { version: "v9.9.9-eksbuild.9" } };
    const recorded = await recordResources(() => mapOf(version("coredns")), { ...at, answers });
    expect(recorded.at(-1)?.props.data).toEqual({ value: "v9.9.9-eksbuild.9" });
  });

  it("fail where they would use a default provider", async () => {
    const asking = () =>
      mapOf(getAddonVersionOutput({ addonName: "coredns", kubernetesVersion: "1.35" }).version);
    await expect(recordResources(asking, at)).rejects.toThrow(
      "calls aws:eks/getAddonVersion:getAddonVersion without an explicit provider",
    );
  });

  it("fail where nobody knows an answer", async () => {
    const asking = () => mapOf(getRegionOutput({}, { provider: new AwsProvider("aws") }).region);
    await expect(recordResources(asking, at)).rejects.toThrow("calls aws:index/getRegion:getRegion");
  });
});

describe("outputs of AWS resources", () => {
  const roleOf = (inputs: Partial<RoleArgs>) => () => {
    const provider = new AwsProvider("aws");
    const role = new Role("worker", { assumeRolePolicy: "{}", ...inputs }, { provider });
    new ConfigMap("map", { data: { arn: role.arn, name: role.name } }, { provider: new Provider("k8s") });
  };

  it("are an ARN and a name where the program gives none", async () => {
    const recorded = await recordResources(roleOf({}), at);
    expect(recorded.at(-1)?.props.data).toEqual({
      arn: "arn:aws:iam::123456789012:role/worker",
      name: "worker",
    });
  });

  it("have the form that AWS gives them", async () => {
    const recorded = await recordResources(() => {
      const provider = new AwsProvider("aws");
      const queue = new Queue("events", {}, { provider });
      const subnet = new Subnet("private", { vpcId: "vpc-1" }, { provider });
      const profile = new InstanceProfile("nodes", {}, { provider });
      const data = {
        url: queue.url,
        queue: queue.id,
        arn: queue.arn,
        subnet: subnet.id,
        profile: profile.arn,
      };
      new ConfigMap("map", { data }, { provider: new Provider("k8s") });
    }, at);
    const url = "https://sqs.us-east-1.amazonaws.com/123456789012/events";
    expect(recorded.at(-1)?.props.data).toEqual({
      url,
      queue: url,
      arn: "arn:aws:sqs:us-east-1:123456789012:events",
      subnet: expect.stringMatching(/^subnet-[0-9a-f]{17}$/),
      profile: "arn:aws:iam::123456789012:instance-profile/nodes",
    });
  });

  it("are the program's own where it gives them", async () => {
    const recorded = await recordResources(roleOf({ name: "mine" }), at);
    expect(recorded.at(-1)?.props.data).toMatchObject({ name: "mine" });
  });

  it("are unknown in a preview", async () => {
    const recorded = await recordResources(roleOf({}), { ...at, preview: true });
    expect(recorded.at(-1)?.props.data).toEqual({ arn: UNKNOWN, name: UNKNOWN });
  });
});
