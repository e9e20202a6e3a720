// Model servers to which no connection comes about: one that does not listen, one that does not accept.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A model server whose process stands still and whose queue of connections is full: the kernel drops further ones. */
export async function startFullServer(): Promise<{
  port: number;
  acceptAgain(): void;
  stop(): Promise<void>;
}> {
  const program = `require("node:http").createServer((_, response) => response.end("{}"))
    .listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () { console.log(this.address().port); });`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  const port = Number(String(line));
  child.kill("SIGSTOP");
  const fillers = Array.from({ length: 4 }, () => connect({ port, host: "127.0.0.1" }).on("error", () => {}));
  await once(fillers[0] ?? child, "connect");
  return {
    port,
    acceptAgain: () => child.kill("SIGCONT"),
    async stop() {
      for (const filler of fillers) filler.destroy();
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
