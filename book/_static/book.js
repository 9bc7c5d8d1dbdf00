// The pages' policy allows no code in attributes, so the theme's print button gets its listener here.
document.querySelector(".btn-download-pdf-button")?.addEventListener("click", () => window.print());
// A page that was opened from a file may not read others for the summary of a search result.
if (location.protocol === "file:" && window.DOCUMENTATION_OPTIONS) DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
