// Makes one file of a program and the packages that it uses: node bundle.mjs SOURCE OUT
import { build } from 'esbuild';

const [source, out] = process.argv.slice(2);
await build({
  entryPoints: [source],
  outfile: out,
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  external: ['fermyon:*', 'wasi:*'],
  logLevel: 'warning',
});
