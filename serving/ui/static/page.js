/* What the page does beyond htmx: menus that submit themselves, keys, and the sign that something is being worked on. */
(function () {
  "use strict";

  document.addEventListener("change", function (event) {
    var form = event.target.closest("form[data-auto-submit]");
    if (form) form.requestSubmit();
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach(function (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
    var typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      var search = document.querySelector("input[type=search]");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    }
  });

  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  var working = 0;
  function show(change) {
    working = Math.max(0, working + change);
    document.documentElement.classList.toggle("is-working", working > 0);
  }
  document.addEventListener("htmx:beforeRequest", function () {
    var notice = document.getElementById("notice");
    if (notice) notice.replaceChildren();
    show(1);
  });
  document.addEventListener("htmx:afterRequest", function () { show(-1); });
  document.addEventListener("htmx:sendError", function () {
    var notice = document.getElementById("notice");
    var words = notice && notice.dataset.offline;
    if (words) {
      var box = document.createElement("p");
      box.className = "notice bad";
      box.textContent = words;
      notice.replaceChildren(box);
    }
  });
})();
