// RuntimeImage: records which image an environment runs, where policies and people can read it.
import { type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import { BaseComponent } from "../kit/component.ts";
import { parseSettings } from "../kit/parse-settings.ts";
import { type ImageArgs, imageSettings } from "./image.args.ts";
import { planImage } from "./image.plan.ts";

const TOKEN = { area: "image", kind: "RuntimeImage" };

/** The runtime image by its digest. It creates nothing; throws ConfigError on a wrong digest or registry. */
export class RuntimeImage extends BaseComponent {
  readonly repository: Output<string>;
  readonly digest: Output<string>;
  readonly reference: Output<string>;
  readonly sbomDigest: Output<string>;

  constructor(name: string, args: ImageArgs, opts: ComponentResourceOptions = {}) {
    const plan = planImage(parseSettings(imageSettings, args, { ...TOKEN, name }));
    super(TOKEN, name, opts);
    this.repository = output(plan.repository);
    this.digest = output(plan.digest);
    this.reference = output(plan.reference);
    this.sbomDigest = output(plan.sbomDigest);
    this.registerOutputs(plan);
  }
}
