// Calls to the API server over TLS: the authority is checked, the token is sent, other statuses are faults.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ApiAccess,
  ApiFault,
  inClusterAccess,
  openGet,
} from "../../../../serving/adapters/kubernetes/api-access.ts";
import { planLeaves, writeCertificates } from "../../../../stacks/local/cluster/certificates.ts";

let folder: string;
let server: Server;
let access: ApiAccess;

const signal = () => AbortSignal.timeout(2_000);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rampa-api-"));
  const leaves = planLeaves("127.0.0.1", "127.0.0.1").filter((leaf) => leaf.file === "apiserver");
  await Promise.all([writeCertificates(folder, leaves), writeCertificates(join(folder, "other"), leaves)]);
  writeFileSync(join(folder, "token"), "token-1\n");
  const read = (name: string): Buffer => readFileSync(join(folder, name));
  server = createServer({ key: read("apiserver.key"), cert: read("apiserver.crt") }, (request, response) => {
    response.statusCode = request.headers.authorization === "Bearer token-1" ? 200 : 403;
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  access = {
    origin: `https://127.0.0.1:${port}`,
    tokenFile: join(folder, "token"),
    caFile: join(folder, "ca.crt"),
  };
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

describe("a call to the API server", () => {
  it("trusts the given authority and sends the token", async () => {
    const response = await openGet(access, "/apis", signal());
    expect(response.statusCode).toBe(200);
    response.resume();
  });

  it("refuses a server of another authority", async () => {
    const other = { ...access, caFile: join(folder, "other", "ca.crt") };
    await expect(openGet(other, "/apis", signal())).rejects.toThrow(/certificate|signature/i);
  });

  it("is a fault with the status when it is not answered 200, and names no token", async () => {
    writeFileSync(join(folder, "wrong"), "token-planted");
    const call = openGet({ ...access, tokenFile: join(folder, "wrong") }, "/apis?x=1", signal());
    const fault = await call.catch((raised) => raised);
    expect(fault).toBeInstanceOf(ApiFault);
    expect(fault).toMatchObject({ status: 403, message: "the API server answered 403 to /apis" });
  });
});

describe("access from inside a pod", () => {
  it("comes from the environment and the service account's files", () => {
    const env = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "6443" };
    expect(inClusterAccess(env).origin).toBe("https://10.96.0.1:6443");
    expect(inClusterAccess({ ...env, KUBERNETES_SERVICE_HOST: "fd00::1" }).origin).toBe(
      "https://[fd00::1]:6443",
    );
    expect(inClusterAccess(env).tokenFile).toMatch(/serviceaccount\/token$/);
  });
});
