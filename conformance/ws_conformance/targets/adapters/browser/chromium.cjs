// Chromium, driven by playwright-core. Argument: the URL.
"use strict";
const { chromium } = require("playwright-core");
const { VISITS, comeBack } = require("./page.cjs");

(async () => {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]; // root has no sandbox
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
  const page = await browser.newPage();
  await page.evaluate(comeBack, [process.argv[2], VISITS]);
  await browser.close();
})();
