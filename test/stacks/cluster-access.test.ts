// Cluster access: the named context alone is handed on, and a cluster that is not there is one clear line.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readClusterAccess } from "../../stacks/cluster-access.ts";
import { selectContext } from "../../stacks/kubeconfig.ts";
import { loadStackFile } from "../../stacks/settings.ts";

const two = `
apiVersion: v1
kind: Config
current-context: other
clusters:
  - name: dev
    cluster: { server: "https://dev.example.com:6443", certificate-authority: ca.pem }
  - name: other
    cluster: { server: "https://other.example.com" }
users:
  - name: me
    user: { client-certificate: /abs/me.pem, client-key: me.key }
  - name: them
    user: { token: planted-secret }
contexts:
  - name: dev
    context: { cluster: dev, user: me, namespace: mine }
  - name: other
    context: { cluster: other, user: them }
`;

describe("selectContext", () => {
  it("keeps one context, makes its files absolute, and leaves other credentials behind", () => {
    const selected = selectContext(two, "/home/me/.kube/config", "dev");
    expect(selected?.server).toBe("https://dev.example.com:6443");
    expect(selected?.text).not.toContain("planted-secret");
    expect(parse(selected?.text ?? "")).toEqual({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "dev",
      contexts: [{ name: "dev", context: { cluster: "dev", user: "me", namespace: "mine" } }],
      clusters: [
        {
          name: "dev",
          cluster: {
            server: "https://dev.example.com:6443",
            "certificate-authority": "/home/me/.kube/ca.pem",
          },
        },
      ],
      users: [
        { name: "me", user: { "client-certificate": "/abs/me.pem", "client-key": "/home/me/.kube/me.key" } },
      ],
    });
  });

  it.each([
    ["a context that is not there", two, "prod"],
    ["a file that is no kubeconfig", "- 1", "dev"],
    ["an empty file", "", "dev"],
    ["a context whose cluster is missing", "contexts: [{name: dev, context: {cluster: gone}}]", "dev"],
  ])("finds nothing in %s", (_name, text, context) => {
    expect(selectContext(text, "/config", context)).toBeUndefined();
  });
});

describe("readClusterAccess", () => {
  const before = process.env.KUBECONFIG;
  let folder = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
    await writeFile(join(folder, "config"), two);
    process.env.KUBECONFIG = `${join(folder, "missing")}:${join(folder, "config")}`;
  });

  afterAll(async () => {
    if (before === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = before;
    await rm(folder, { recursive: true });
  });

  const nothing = async (): Promise<unknown> => undefined;
  const dev = () => loadStackFile(join(import.meta.dirname, "../../stacks/Pulumi.dev.yaml"));

  it("reaches a cluster of the stack's own by the stack's own output", async () => {
    const asked: string[] = [];
    const read = async (stack: string): Promise<unknown> => {
      asked.push(stack);
      return two;
    };
    expect(await readClusterAccess(await dev(), read)).toMatchObject({
      context: "other",
      identifier: "stack/dev",
      file: undefined,
    });
    expect(asked).toEqual(["dev"]);
  });

  it.each(["dev", "staging", "prod"])(
    "says how stack %s gets its cluster while it has none",
    async (stack) => {
      const settings = await loadStackFile(join(import.meta.dirname, `../../stacks/Pulumi.${stack}.yaml`));
      await expect(readClusterAccess(settings, nothing)).rejects.toMatchObject({
        code: "stack.base-missing",
        message: `stack ${stack} has no cluster of its own that stands. Next: npm run up -- --stack ${stack}`,
      });
    },
  );

  it("takes the context that the settings name from the first file that has it", async () => {
    const access = await readClusterAccess(
      { ...(await dev()), cluster: { use: "aws", context: "dev" } },
      nothing,
    );
    expect(access).toMatchObject({ context: "dev", identifier: "context/dev", modelCachePath: undefined });
    expect(access.kubeconfig).toContain("https://dev.example.com:6443");
  });

  it("says where it looked for a context that no file has", async () => {
    const settings = { ...(await dev()), cluster: { use: "context" as const, context: "gone" } };
    await expect(readClusterAccess(settings, nothing)).rejects.toMatchObject({
      code: "stack.context-unknown",
      message: expect.stringContaining('has the context "gone". Next: kubectl config get-contexts'),
    });
  });

  describe("of a stack in another stack's cluster", () => {
    const settings = { stack: "branch-x", cluster: { use: "stack" as const, stack: "dev" } };

    it("takes the kubeconfig that this one gave out, by its current context", async () => {
      const asked: string[] = [];
      const access = await readClusterAccess(settings, async (stack) => {
        asked.push(stack);
        return two;
      });
      expect(asked).toEqual(["dev"]);
      expect(access).toEqual({
        file: undefined,
        kubeconfig: two,
        context: "other",
        identifier: "stack/dev",
        apiServers: undefined,
        modelCachePath: undefined,
        isThisMachine: false,
      });
    });

    it.each([
      ["undefined", undefined],
      ["a kubeconfig without a current context", "apiVersion: v1"],
    ])("says that it has no cluster for %s", async (_name, kubeconfig) => {
      await expect(readClusterAccess(settings, async () => kubeconfig)).rejects.toMatchObject({
        code: "stack.base-missing",
        message: "stack dev has no cluster of its own that stands. Next: npm run up -- --stack dev",
      });
    });
  });
});
