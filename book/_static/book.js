// The pages' policy allows no code in attributes, so the theme's print button gets its listener here.
document.querySelector(".btn-download-pdf-button")?.addEventListener("click", () => window.print());
// A page that was opened from a file may not read others for the summary of a search result.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS === "object") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
// What scrolls sideways can be reached by keyboard. The theme sees to tables, and to code unless it was hidden
// when the page was opened; this sees to formulas and to all code.
// First all widths are read, then all is written: the other way the page would be laid out again for each.
const reach = new ResizeObserver((sized) => {
  const wide = sized.map(({ target }) => target.scrollWidth > target.clientWidth);
  sized.forEach(({ target }, k) => { if (wide[k]) target.tabIndex = 0; else target.removeAttribute("tabindex"); });
});
document.querySelectorAll("div.math, article pre").forEach((wide) => reach.observe(wide));
