// Bundles web/graphiql into gateway/static/graphiql, which is committed: the same sources and lock give the same bytes.
// node build.mjs [FOLDER] writes elsewhere, to compare.
import { build } from "esbuild";
import { copyFile, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

const out = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, "../gateway/static/graphiql"));
const shared = {
  absWorkingDir: import.meta.dirname,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  outdir: out,
  legalComments: "none", // THIRD_PARTY_LICENSES.txt has them whole
  logLevel: "warning",
  metafile: true,
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".graphql": "text", ".ttf": "file" },
  assetNames: "assets/[name]",
};

await rm(out, { recursive: true, force: true });
const bundles = [
  await build({
    ...shared,
    entryPoints: { graphiql: "graphiql/main.jsx" },
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    jsx: "automatic",
  }),
  await build({
    ...shared,
    entryPoints: {
      "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
      "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
      "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
    },
  }),
];
await copyFile(path.join(import.meta.dirname, "graphiql/index.html"), path.join(out, "index.html"));
await writeFile(path.join(out, "THIRD_PARTY_LICENSES.txt"), await licences(bundles));

// The licence of every package whose code is in a bundle.
async function licences(bundles) {
  const inputs = bundles.flatMap((bundle) => Object.keys(bundle.metafile.inputs));
  const folders = new Set(inputs.map((input) => input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean));
  const parts = new Map();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|thirdpartynotices)/i.test(file)).sort();
    const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), "utf8")));
    parts.set(`${name} ${version}`, [`${name} ${version}: ${license}`, ...texts.map((text) => text.trim())].join("\n\n"));
  }
  return [...parts.keys()].sort().map((key) => parts.get(key)).join(`\n\n${"-".repeat(80)}\n\n`).replaceAll("\r", "") + "\n";
}
