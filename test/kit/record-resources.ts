// Where tests find the recorder; it lives with the policies, whose command plans stacks with it.
export {
  type RecordedResource,
  type RecordOptions,
  recordResources,
  UNKNOWN,
} from "../../policies/harness/record-resources.ts";
