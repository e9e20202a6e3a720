// A small image for the real tests: one static program that serves, resolves and fetches.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assembleScratchImage } from "../../../../stacks/local/cluster/scratch-image.ts";
import { architecture } from "../../../../stacks/local/cluster/versions.ts";

const SOURCE = `package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	http.DefaultClient.Timeout = 5 * time.Second
	switch os.Args[1] {
	case "serve":
		http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "probe on "+os.Getenv("HOSTNAME")) })
		http.HandleFunc("/drip", func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < 5; i++ {
				fmt.Fprintf(w, "drop %d\\n", i)
				w.(http.Flusher).Flush()
				time.Sleep(200 * time.Millisecond)
			}
		})
		// The same on a port that nothing is meant to reach.
		go http.ListenAndServe(":8082", nil)
		// An echo that answers only after the caller has closed its half.
		go func() {
			l, _ := net.Listen("tcp", ":8081")
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					all, _ := io.ReadAll(c)
					c.Write(all)
					c.Close()
				}()
			}
		}()
		fmt.Println(http.ListenAndServe(":8080", nil))
	case "resolve":
		addresses, err := net.LookupHost(os.Args[2])
		fmt.Println(addresses, err)
	case "read":
		text, err := os.ReadFile(os.Args[2])
		fmt.Println(string(text), err)
	case "write":
		fmt.Println(os.WriteFile(os.Args[2], []byte("x"), 0o644))
	case "fetch":
		answer, err := http.Get(os.Args[2])
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		body, _ := io.ReadAll(answer.Body)
		fmt.Println(string(body))
	}
}
`;

/** Builds the program in `directory` and gives the layout tar and the reference pods use. */
export function buildProbeImage(directory: string): { readonly tar: string; readonly reference: string } {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "go.mod"), "module probe\ngo 1.24\n");
  writeFileSync(join(directory, "main.go"), SOURCE);
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local", GOWORK: "off" };
  execFileSync("go", ["build", "-trimpath", "-ldflags=-s -w", "-o", "probe", "."], { cwd: directory, env });
  const image = assembleScratchImage({
    program: readFileSync(join(directory, "probe")),
    path: "/probe",
    architecture: architecture(),
  });
  const tar = join(directory, "probe.tar");
  writeFileSync(tar, image.tar);
  return { tar, reference: `rampa.local/probe@${image.digest}` };
}
