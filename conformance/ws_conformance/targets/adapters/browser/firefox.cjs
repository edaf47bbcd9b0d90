// Firefox, driven by puppeteer-core. Argument: the URL.
"use strict";
const puppeteer = require("puppeteer-core");
const { VISITS, comeBack } = require("./page.cjs");

const PREFERENCES = {
  "app.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.websocket.delay-failed-reconnects": false,
};

(async () => {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: "/usr/bin/firefox-esr",
    extraPrefsFirefox: PREFERENCES,
    protocolTimeout: 0, // no limit: one call is all the visits
  });
  const page = await browser.newPage();
  await page.evaluate(comeBack, [process.argv[2], VISITS]);
  await browser.close();
})();
