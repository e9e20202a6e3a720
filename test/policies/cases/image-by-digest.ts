// Cases of image-by-digest.
import { containerProps, deploymentProps, IMAGE, metadata, podSpecProps } from "../fixtures/manifests.ts";
import { DEPLOYMENT, LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const container = "spec.template.spec.containers[0]";
const withImage = (image: unknown) => [resource(DEPLOYMENT, deploymentProps({ image }))];
const allow = (...registries: string[]) => ({ "image-by-digest": { registries } });

export const cases: RuleCases = {
  rule: "image-by-digest",
  pass: [
    { title: "a digest", resources: withImage(IMAGE) },
    { title: "a tag and a digest", resources: withImage(IMAGE.replace("@", ":1.0.0@")) },
    { title: "an allowed registry", resources: withImage(IMAGE), config: allow("registry.example.com/") },
    {
      title: "another resource type",
      resources: [resource("random:index/randomId:RandomId", { byteLength: 4 })],
    },
  ],
  fail: [
    {
      title: "a tag",
      resources: withImage("registry.example.com/model:1.0.0"),
      expected: [["mandatory", `${container}.image: the image is not named by its sha256 digest`]],
    },
    {
      title: "a digest that is too short",
      resources: withImage("registry.example.com/model@sha256:abc"),
      expected: [["mandatory", `${container}.image: the image is not named by its sha256 digest`]],
    },
    {
      title: "no registry",
      resources: withImage(IMAGE.replace("registry.example.com/", "library/")),
      expected: [["mandatory", `${container}.image: the image does not name its registry`]],
    },
    {
      title: "a registry that is not allowed",
      resources: withImage(IMAGE),
      config: allow("other.example.com/"),
      expected: [["mandatory", `${container}.image: the image is not from an allowed registry`]],
    },
    {
      title: "no image",
      resources: withImage(undefined),
      expected: [["mandatory", `${container}.image: no image`]],
    },
    {
      title: "an init container and a CronJob",
      resources: [
        resource("kubernetes:batch/v1:CronJob", {
          metadata: metadata("nightly"),
          spec: {
            jobTemplate: {
              spec: {
                template: {
                  spec: {
                    ...podSpecProps,
                    initContainers: [{ ...containerProps, image: "registry.example.com/a" }],
                    containers: [containerProps],
                  },
                },
              },
            },
          },
        }),
      ],
      expected: [
        [
          "mandatory",
          "spec.jobTemplate.spec.template.spec.initContainers[0].image: the image is not named by its sha256 digest",
        ],
      ],
    },
  ],
  unknown: [
    {
      title: "the image",
      resources: withImage(UNKNOWN_TEXT),
      expected: [["advisory", `${container}.image: ${LATER}`]],
    },
    {
      title: "all containers",
      resources: [resource(DEPLOYMENT, deploymentProps({}, { containers: UNKNOWN_TEXT }))],
      expected: [["advisory", `spec.template.spec.containers: ${LATER}`]],
    },
    {
      title: "one image beside a wrong one",
      resources: [
        resource(
          DEPLOYMENT,
          deploymentProps({}, { containers: [{ image: UNKNOWN_TEXT }, { image: "example.com/b" }] }),
        ),
      ],
      expected: [
        ["advisory", `${container}.image: ${LATER}`],
        ["mandatory", "spec.template.spec.containers[1].image: the image is not named by its sha256 digest"],
      ],
    },
  ],
};
