/** `npm run screenshots`: takes the pictures of the documentation, light and dark, from a realm with traffic. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { startConsole, THEMES } from "../browser/console/console-page.ts";
import { useFonts } from "./fonts.ts";
import { SCENES } from "./scenes.ts";
import { CONFIG, OPERATOR, openTeaShop, REALM } from "./tea-shop.ts";

const HELP = `usage: npm run screenshots -- [options]

Writes the pictures of the documentation: the console with a realm in which traffic has run for a while.

  --minutes N     how long the traffic runs before the first picture (12; plots show up to 15)
  --folder PATH   where the pictures go (docs/images)
  --only A,B      only these pictures, of ${SCENES.map(({ name }) => name).join(", ")}
  --width N       width of the window in pixels (1280); 390 is a phone
  --full          whole pages, however long
`;

const PROJECT = join(import.meta.dirname, "../..");

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "12" },
    folder: { type: "string", default: join(PROJECT, "docs/images") },
    only: { type: "string" },
    width: { type: "string", default: "1280" },
    full: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else await takeAll();

/** Starts router, browser and traffic, waits, and writes each picture in both themes. */
async function takeAll(): Promise<void> {
  const names = values.only?.split(",") ?? SCENES.map(({ name }) => name);
  const unknown = names.find((name) => !SCENES.some((scene) => scene.name === name));
  if (unknown !== undefined) throw new Error(`--only: there is no picture ${unknown}; see --help`);
  const width = Number(values.width);
  mkdirSync(values.folder, { recursive: true });
  useFonts();
  const harness = await startConsole(CONFIG);
  const shop = await openTeaShop(harness.router.origin);
  const opened = await harness.open({ width, hash: `?realm=${REALM}` });
  const { page } = opened;
  await opened.login(OPERATOR.authid, OPERATOR.ticket);
  process.stdout.write(`traffic runs for ${values.minutes} minutes\n`);
  await page.waitForTimeout(Number(values.minutes) * 60_000);
  for (const { name, height, arrange } of SCENES) {
    if (!names.includes(name)) continue;
    await page.setViewportSize({ width, height: width < 500 ? 844 : height });
    await arrange(opened);
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme });
      const file = join(values.folder, `${name}-${colorScheme}.png`);
      const picture = await sharp(await page.screenshot({ fullPage: values.full }))
        .png({ palette: true, colours: 96, effort: 10 })
        .toBuffer();
      writeFileSync(file, picture);
      process.stdout.write(`${relative(process.cwd(), file)} ${Math.round(picture.length / 1024)} KiB\n`);
    }
  }
  await opened.close();
  await shop.stop();
  await harness.close();
}
