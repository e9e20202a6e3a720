// ClusterPostgres: one server on a volume that is kept, reached by named roles only, with copies by the clock.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { describe, expect, it } from "vitest";
import {
  type ClusterPostgresArgs,
  clusterPostgresSettings,
} from "../../../components/data/cluster-postgres.args.ts";
import * as manifests from "../../../components/data/cluster-postgres.manifests.ts";
import { planClusterPostgres } from "../../../components/data/cluster-postgres.plan.ts";
import { POSTGRES_FILES } from "../../../components/data/cluster-postgres.scripts.ts";
import { ClusterPostgres } from "../../../components/data/cluster-postgres.ts";
import { ConfigError } from "../../../serving/contract/config-error.ts";
import { ownedLabels, ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const image = `registry.example.com/postgres@sha256:${"a".repeat(64)}`;
const refs = { namespace: "search", image, priorityClass: "search-gateway" };
const planOf = (change: object = {}) =>
  planClusterPostgres(clusterPostgresSettings.parse({ ownership, ...change }));
const plan = planOf();

describe("planClusterPostgres", () => {
  it("gives a quarter of the memory to the pages that connections share", () => {
    expect(plan.parameters.shared_buffers).toBe("64MB");
    const large = planOf({ resources: { cpu: "2", memory: "4Gi" }, maxConnections: 200 });
    expect(large.parameters).toMatchObject({ shared_buffers: "1024MB", max_connections: "200" });
  });

  it("lets in the roles that are named, and its own copies", () => {
    expect(plan.clients).toEqual(["gateway", "controller", "postgres-backup"]);
    expect(planOf({ clients: ["gateway"] }).clients).toEqual(["gateway", "postgres-backup"]);
  });

  it.each([
    ["dev", undefined, true],
    ["local", undefined, false],
    ["local", true, true],
    ["dev", false, false],
  ])("in %s with protect %s: protects volumes is %s", (environment, protect, isProtected) => {
    expect(planOf({ ownership: { ...ownership, environment }, protect }).protect).toBe(isProtected);
  });
});

describe("clusterPostgresSettings", () => {
  const problemsOf = (change: object): string[] => {
    const { error } = clusterPostgresSettings.safeParse({ ownership, ...change });
    return error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
  };

  it.each([
    [{ user: 0 }, "user: a user other than root"],
    [{ clients: [] }, "clients: at least one role"],
    [{ maxConnections: 5 }, "maxConnections: a whole number from 10 to 1000"],
    [{ resources: { cpu: "1", memory: "32Mi" } }, "resources.memory: at least 64Mi"],
    [{ volume: { path: "data" } }, "volume.path: an absolute path on the node"],
    [
      { volume: { path: "/data", className: "gp3" } },
      "volume.className: nothing, as the volume is a directory of the node (`path`)",
    ],
    [{ backups: { schedule: "daily" } }, "backups.schedule: five fields of a crontab, e.g. 17 2 * * *"],
    [{ backups: { keep: 0 } }, "backups.keep: a whole number from 1 to 365"],
  ])("refuses %j", (change, problem) => {
    expect(problemsOf(change)).toEqual([problem]);
  });
});

describe("the server", () => {
  const server = manifests.serverArgs(plan, {
    ...refs,
    account: "postgres",
    files: "postgres-files",
    password: "postgres-password",
    passwordChecksum: "checksum",
    dataClaim: "postgres-data",
  });
  const { spec } = JSON.parse(JSON.stringify(server)).spec.template;

  it("starts with its parameters and asks who connects", () => {
    const command: string[] = spec.containers[0].command;
    expect(command[0]).toBe("postgres");
    expect(command).toContain("hba_file=/etc/rampa/postgres/pg_hba.conf");
    expect(command).toContain("password_encryption=scram-sha-256");
    expect(POSTGRES_FILES["pg_hba.conf"]).toBe(
      "local all all trust\nhost all rampa 0.0.0.0/0 scram-sha-256\nhost all rampa ::/0 scram-sha-256\n",
    );
  });

  it("has the password from a file and in no variable", () => {
    const containers = [...spec.initContainers, ...spec.containers];
    const names = containers.flatMap(({ env }: { env: { name: string }[] }) => env.map(({ name }) => name));
    expect(names).toEqual(["PGDATA", "PGDATA", "PGHOST", "PGUSER", "PGDATABASE"]);
    expect(spec.containers[0].volumeMounts).not.toContainEqual(expect.objectContaining({ name: "password" }));
  });

  it("is judged by its own program, with time to replay after a crash", () => {
    const [container] = spec.containers;
    for (const probe of [container.startupProbe, container.readinessProbe]) {
      expect(probe.exec).toEqual({ command: ["pg_isready", "--quiet"] });
    }
    expect(container.livenessProbe.tcpSocket).toEqual({ port: "postgres" });
    expect(container.startupProbe.failureThreshold * container.startupProbe.periodSeconds).toBe(300);
  });

  it("runs as the user of its image, who owns new volumes", () => {
    const own = manifests.serverArgs(planOf({ user: 999 }), {
      ...refs,
      account: "postgres",
      files: "files",
      password: "password",
      passwordChecksum: "checksum",
      dataClaim: "postgres-data",
    });
    expect(own).toMatchObject({
      spec: {
        template: {
          spec: { securityContext: { runAsUser: 999, runAsGroup: 999, fsGroup: 999, runAsNonRoot: true } },
        },
      },
    });
  });
});

const record = (args: Partial<ClusterPostgresArgs> = {}) =>
  recordResources(
    () => {
      const providers = [new KubernetesProvider("k8s"), new RandomProvider("random")];
      new ClusterPostgres("postgres", { ownership, refs, ...args }, { providers });
    },
    { stack: "dev", project: "rampa" },
  );

describe("ClusterPostgres", () => {
  it("creates its children under itself and protects the volumes", async () => {
    const [, , component, ...children] = await record();
    expect(component).toMatchObject({ type: "rampa:data:ClusterPostgres", props: {} });
    expect(children.map(({ name }) => name).sort()).toEqual([
      "postgres-account",
      "postgres-backup",
      "postgres-files",
      "postgres-from-clients",
      "postgres-password",
      "postgres-postgres-backups-claim",
      "postgres-postgres-data-claim",
      "postgres-secret",
      "postgres-server",
      "postgres-service",
      "postgres-to-postgres",
    ]);
    expect(new Set(children.map(({ parent }) => parent))).toEqual(new Set([component?.urn]));
    expect(
      children
        .filter((it) => it.protect)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["postgres-postgres-backups-claim", "postgres-postgres-data-claim"]);
  });

  it("asks the class for volumes, or takes directories of the node", async () => {
    const volume = { size: "20Gi", className: "gp3" };
    const byClass = (await record({ volume })).find(({ name }) => name === "postgres-postgres-data-claim");
    expect(byClass?.props.spec).toEqual({
      accessModes: ["ReadWriteOnce"],
      volumeMode: "Filesystem",
      resources: { requests: { storage: "20Gi" } },
      storageClassName: "gp3",
    });
    const byPath = await record({ volume: { path: "/data/postgres" } });
    const directory = byPath.find(({ name }) => name === "postgres-postgres-data-directory");
    expect(directory?.props).toMatchObject({
      metadata: { name: "search-postgres-data" },
      spec: {
        hostPath: { path: "/data/postgres", type: "Directory" },
        persistentVolumeReclaimPolicy: "Retain",
        claimRef: { namespace: "search", name: "postgres-data" },
      },
    });
    const claim = byPath.find(({ name }) => name === "postgres-postgres-data-claim");
    expect(claim?.props.spec).toMatchObject({ storageClassName: "", volumeName: "search-postgres-data" });
  });

  it("opens both ends of the path to its port, and to nobody else", async () => {
    const resources = await record({ clients: ["gateway"] });
    const specOf = (name: string) => resources.find((it) => it.name === name)?.props.spec;
    const pods = { matchLabels: { "app.kubernetes.io/component": "postgres" } };
    const ports = [{ protocol: "TCP", port: 5432 }];
    const component = (name: string) => ({
      podSelector: { matchLabels: { "app.kubernetes.io/component": name } },
    });
    expect(specOf("postgres-from-clients")).toEqual({
      podSelector: pods,
      policyTypes: ["Ingress"],
      ingress: [{ ports, from: [component("gateway"), component("postgres-backup")] }],
    });
    expect(specOf("postgres-to-postgres")).toEqual({
      podSelector: {
        matchExpressions: [
          { key: "app.kubernetes.io/component", operator: "In", values: ["gateway", "postgres-backup"] },
        ],
      },
      policyTypes: ["Egress"],
      egress: [{ ports, to: [{ podSelector: pods }] }],
    });
  });

  it("makes copies by the clock with the role's password, one at a time", async () => {
    const backup = (await record({ backups: { schedule: "0 4 * * *", keep: 3 } })).find(
      ({ name }) => name === "postgres-backup",
    );
    const spec = JSON.parse(JSON.stringify(backup?.props.spec));
    expect(spec).toMatchObject({ schedule: "0 4 * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid" });
    const { metadata, spec: pod } = spec.jobTemplate.spec.template;
    expect(metadata.labels).toEqual(ownedLabels("postgres-backup", "postgres-backup"));
    expect(pod.containers[0].env).toContainEqual({ name: "KEEP", value: "3" });
    expect(JSON.stringify(pod.containers[0].env)).not.toContain("PASSWORD");
    expect(pod.volumes).toContainEqual({ name: "password", secret: { secretName: "postgres-password" } });
  });

  it("lets a caller change server and copies", async () => {
    const resources = await record({
      override: {
        server: { metadata: { annotations: { team: "search" } } },
        backup: { spec: { suspend: true } },
      },
    });
    const propsOf = (name: string) => resources.find((it) => it.name === name)?.props;
    expect(propsOf("postgres-server")?.metadata).toMatchObject({ annotations: { team: "search" } });
    expect(propsOf("postgres-backup")?.spec).toMatchObject({ suspend: true, concurrencyPolicy: "Forbid" });
  });

  it("creates nothing for a wrong setting", async () => {
    await expect(record({ maxConnections: 1 })).rejects.toThrow(ConfigError);
  });
});
