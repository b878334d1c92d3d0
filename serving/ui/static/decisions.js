/* Selecting many rows, Enter in a quantity, and buttons that have done what they are for. */
(function () {
  "use strict";

  function boxes(name) {
    return Array.prototype.slice.call(document.querySelectorAll("input[type=checkbox][name=" + name + "]"));
  }

  function count() {
    document.querySelectorAll("[data-count]").forEach(function (place) {
      var all = boxes(place.dataset.count);
      var chosen = all.filter(function (box) { return box.checked; }).length;
      place.textContent = place.dataset.words.replace("{count}", chosen);
      var master = document.querySelector("[data-all=" + place.dataset.count + "]");
      if (master) {
        master.checked = chosen > 0 && chosen === all.length;
        master.indeterminate = chosen > 0 && chosen < all.length;
      }
    });
  }

  document.addEventListener("change", function (event) {
    var name = event.target.dataset && event.target.dataset.all;
    if (name) boxes(name).forEach(function (box) { box.checked = event.target.checked; });
    if (name || event.target.type === "checkbox") count();
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || event.target.name !== "quantity") return;
    var save = event.target.closest("td") && event.target.closest("td").querySelector("button");
    if (save) {
      event.preventDefault();
      save.click();
    }
  });

  document.addEventListener("input", function (event) {
    if (event.target.type !== "range") return;
    var shown = event.target.parentNode.querySelector("output");
    if (shown) shown.textContent = event.target.value.replace("-", "\u2212") + shown.dataset.unit;
  });

  document.addEventListener("htmx:afterSwap", count);
  document.addEventListener("orders-made", function () {
    var file = document.querySelector("#orders a[data-click]");
    if (file) file.click();
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.successful && event.detail.elt.hasAttribute("data-once")) event.detail.elt.remove();
  });
})();
