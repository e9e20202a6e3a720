// moto's server with botocore before it: calls of AWS's API, checked by AWS's own models and answered on loopback.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { fetched } from "../kit/obtained-tool.ts";
import { ensurePython } from "../kit/python-packages.ts";

const PACKAGES = ["moto[server]==5.2.5", "boto3==1.44.5"];

const reply = z.strictObject({
  problems: z.array(z.string()),
  answer: z.record(z.string(), z.unknown()),
});
export type Reply = z.infer<typeof reply>;

export type ApiCall = {
  /** As boto3 names it, e.g. `s3`. */
  readonly service: string;
  /** As boto3 names it, e.g. `create_bucket`. */
  readonly call: string;
  readonly given: Readonly<Record<string, unknown>>;
  /** `true` checks the parameters and calls nobody. */
  readonly checkOnly?: boolean;
};

export type Aws = {
  /** Its address on loopback, for clients other than these calls. */
  readonly endpoint: string;
  /** Problems instead of an answer where the models or the server refuse. */
  call(call: ApiCall): Promise<Reply>;
  stop(): Promise<void>;
};

/** No credentials: these mean nothing anywhere, and no file that could hold others is looked at. */
const ENVIRONMENT = {
  PATH: process.env.PATH ?? "",
  AWS_ACCESS_KEY_ID: "none",
  AWS_SECRET_ACCESS_KEY: "none",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
  NO_PROXY: "127.0.0.1",
  MOTO_IAM_LOAD_MANAGED_POLICIES: "true",
  MOTO_ACM_VALIDATION_WAIT: "0",
};

/** Starts an empty AWS that knows one account. Throws NotObtainable where PyPI can't be reached. */
export async function startMoto({ region, account }: { region: string; account: string }): Promise<Aws> {
  const python = await fetched(PACKAGES.join(", "), () => ensurePython(PACKAGES));
  const child = spawn(python, [join(import.meta.dirname, "aws-calls.py"), region, account], {
    env: ENVIRONMENT,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors = `${errors}${chunk}`.slice(-4_000);
  });
  const ended = once(child, "exit");
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (what: string): Promise<string> => {
    const { value, done } = await answers.next();
    if (done) throw new Error(`${what}: the server ended: ${errors}`);
    return value;
  };
  const endpoint = await nextLine("moto");
  return {
    endpoint,
    async call({ checkOnly = false, ...call }) {
      child.stdin.write(`${JSON.stringify({ ...call, checkOnly })}\n`);
      return reply.parse(JSON.parse(await nextLine(`${call.service} ${call.call}`)));
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
