// The recommended rules of html-validate, but for what mail has to do otherwise than a web page.
export default {
  root: true,
  extends: ["html-validate:recommended"],
  elements: [
    "html5",
    {
      // Word, which draws the mail in Outlook for Windows, takes the size, the place and the
      // padding of a table from these attributes alone.
      table: {
        inherit: "table",
        attributes: {
          cellpadding: { deprecated: false },
          cellspacing: { deprecated: false },
          width: { deprecated: false },
        },
      },
      td: {
        inherit: "td",
        attributes: { align: { deprecated: false }, height: { deprecated: false } },
      },
    },
  ],
  rules: {
    // Mail clients drop or ignore the sheet in the head, so every element brings its style.
    "no-inline-style": "off",
    // The title is the subject of the mail; no search engine cuts it.
    "long-title": "off",
    // Clients drop <main>; a role on a <div> stays. Other roles must be elements of their own.
    "prefer-native-element": ["error", { exclude: ["main"] }],
  },
};
