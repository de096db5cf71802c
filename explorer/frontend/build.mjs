// Builds ../static/explorer.js, or the file named as the only argument. The same sources give the same bytes.
import { build } from "esbuild";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const outfile = resolve(process.argv[2] ?? join(here, "../static/explorer.js"));

const MIT = ` *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
 * documentation files (the "Software"), to deal in the Software without restriction, including without limitation
 * the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to
 * permit persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright
 * notice and this permission notice shall be included in all copies or substantial portions of the Software.
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
 * WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
 * COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
 * OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;

/** `import source from "./x.js?worker"`: the file and what it imports as the text of a classic worker. */
const inputs = new Set();
const workers = {
  name: "workers",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\?worker$/ }, ({ path, resolveDir }) => ({ path: resolve(resolveDir, path.slice(0, -"?worker".length)), namespace: "worker" }));
    onLoad({ filter: /.*/, namespace: "worker" }, async ({ path }) => {
      const made = await build({ absWorkingDir: here, entryPoints: [path], bundle: true, minify: true, format: "iife", target: "es2022", legalComments: "none", write: false, metafile: true });
      for (const input of Object.keys(made.metafile.inputs)) inputs.add(input);
      return { contents: made.outputFiles[0].text, loader: "text", watchFiles: [path] };
    });
  },
};

const result = await build({
  absWorkingDir: here,
  entryPoints: ["src/index.js"],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "inline",
  loader: { ".css": "text" },
  plugins: [workers],
  outfile,
  write: false,
  metafile: true,
});
writeFileSync(outfile, licences(result.metafile) + result.outputFiles[0].text);
console.log(`${outfile}: ${(result.outputFiles[0].contents.length / 1000).toFixed(0)} kB`);

/** The notice of every package that is in the bundle: most of them ship none in their code. */
function licences(metafile) {
  const packages = new Set();
  for (const path of [...Object.keys(metafile.inputs), ...inputs]) {
    const match = path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (match) packages.add(match[1]);
  }
  const lines = [...packages].sort().map((name) => {
    const root = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const file = readdirSync(root).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(root, file), "utf8") : "";
    const copyright = text.match(/^\s*(copyright \(c\).*|copyright ©.*)$/im)?.[1].trim() ?? "";
    if (license !== "MIT") throw new Error(`${name} is ${license}, not MIT: add its notice to build.mjs`);
    return ` * ${name} ${version}: ${copyright}`;
  });
  return `/*! JAX Explorer's front end, Apache-2.0. It includes, each under the MIT licence:\n${lines.join("\n")}\n${MIT} */\n`;
}
