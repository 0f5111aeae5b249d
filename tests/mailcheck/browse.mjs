// Opens each page given in headless Chromium, light and dark, at the widths of phones, tablets and
// desks, and writes to the file REPORT what axe-core, the layout and the network say of it. Leaves
// pictures of three of the widths in the folder PICTURES.
//
//   node browse.mjs CHROMIUM REPORT PICTURES PAGE...
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const SCHEMES = ["light", "dark"];
const WIDTHS = [320, 360, 480, 640, 1024];
const PICTURED = [360, 640, 1024];

const [executablePath, report, pictures, ...pages] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// Root has no sandbox, and the pages are ours.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const views = [];

for (const path of pages) {
  const name = basename(path, ".html");
  for (const scheme of SCHEMES) {
    const context = await browser.newContext({ colorScheme: scheme });
    const page = await context.newPage();
    const url = pathToFileURL(path).href;
    const fetched = [];
    await page.route("**/*", (route) => {
      const asked = route.request().url();
      if (asked === url || asked.startsWith("data:")) {
        return route.continue();
      }
      fetched.push(asked);
      return route.abort();
    });
    await page.setViewportSize({ width: WIDTHS[0], height: 900 });
    await page.goto(url);
    await page.evaluate(axe);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const found = await page.evaluate(() => globalThis.axe.run(document));
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      views.push({
        name,
        scheme,
        width,
        fetched,
        overflow: Math.max(0, overflow),
        passes: found.passes.length,
        violations: found.violations.map(told),
        undecided: found.incomplete.map(told),
      });
      if (PICTURED.includes(width)) {
        await page.screenshot({ path: join(pictures, `${name}-${scheme}-${width}.png`), fullPage: true });
      }
    }
    await context.close();
  }
}
await browser.close();
writeFileSync(report, JSON.stringify(views));

function told({ id, nodes }) {
  return `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`;
}
