"""What a machine can check of a page's accessibility."""

from playwright.async_api import Page

# WCAG 4.1.2 in short: whatever can be operated has a name.
_NAMELESS = """() => [...document.querySelectorAll("button, a[href], input, select, textarea, [tabindex='0']")]
  .filter((control) => control.checkVisibility())
  .filter((control) => !(control.ariaLabel || control.labels?.[0]?.innerText || control.innerText).trim())
  .map((control) => control.outerHTML)"""
_DUPLICATE_IDS = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  return ids.filter((id, i) => ids.indexOf(id) !== i);
}"""
# WCAG 1.4.3, for text on an opaque background.
_LOW_CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((x) => x / 255)
    .map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4))
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const bad = [];
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("svg, :disabled, .sr-only, noscript")) continue;
    if (!element.checkVisibility()) continue;
    const [a, b] = [light(rgba(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) bad.push(`${node.data}: ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
  }
  return bad;
}"""


async def flaws(page: Page) -> list[str]:
    """Controls without a name, ids used twice, text of low contrast; and anything but one main heading."""
    found: list[str] = []
    for script in (_NAMELESS, _DUPLICATE_IDS, _LOW_CONTRAST):
        found += await page.evaluate(script)
    headings = await page.locator("h1").count()
    return found if headings == 1 else [*found, f"{headings} main headings"]
