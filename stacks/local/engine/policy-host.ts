// Stand-in for `pulumi-analyzer-policy`: starts a policy pack by the SDK's own runner, in the pack's folder.
import { createRequire } from "node:module";
import { join } from "node:path";
import { endWithParent } from "./end-with-parent.ts";

endWithParent();

// The pack's own SDK comes first: the pack registers its policies with that copy.
const fromPack = createRequire(join(process.cwd(), "package.json"));
fromPack("@pulumi/pulumi/cmd/run-policy-pack");
