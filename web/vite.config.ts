import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { helpPages } from "./scripts/help-pages.mjs";

export default defineConfig({
  plugins: [svelte(), helpPages()],
  build: {
    target: "es2022",
    // The built files are committed and served under a strict content-security policy: no maps, nothing inlined.
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: { "/api": "http://127.0.0.1:4173" },
  },
  test: {
    include: ["src/**/*.test.ts"],
    environment: "node",
  },
});
