/* Selecting many rows, Enter in a quantity, and buttons that have done what they are for. */
(function () {
  "use strict";

  var current = document.querySelector(".screens [aria-current]");
  if (current) current.parentNode.scrollLeft = current.offsetLeft - (current.parentNode.clientWidth - current.offsetWidth) / 2;

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

  function over(event, is) {
    var place = event.target.closest && event.target.closest(".drop");
    if (place) place.classList.toggle("over", is);
    return place;
  }
  document.addEventListener("dragover", function (event) { if (over(event, true)) event.preventDefault(); });
  document.addEventListener("dragleave", function (event) { over(event, false); });
  document.addEventListener("drop", function (event) {
    var place = over(event, false);
    if (!place || !event.dataTransfer.files.length) return;
    event.preventDefault();
    var input = place.querySelector("input");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  document.addEventListener("change", function (event) {
    if (event.target.type !== "file" || !event.target.files.length) return;
    var stem = event.target.files[0].name.split(".")[0].toLowerCase();
    var tables = event.target.form && event.target.form.elements.table;
    if (tables) Array.prototype.forEach.call(tables.options, function (item) { if (item.value === stem) tables.value = stem; });
  });
  document.addEventListener("htmx:configRequest", function (event) {
    if (!event.target.hasAttribute("data-new-once")) return;
    var bytes = crypto.getRandomValues(new Uint8Array(12));
    var key = Array.prototype.map.call(bytes, function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
    event.detail.formData.set("once", key);
  });
  document.addEventListener("htmx:xhr:progress", function (event) {
    var bar = event.target.querySelector && event.target.querySelector("[data-sent]");
    if (!bar || !event.detail.lengthComputable) return;
    bar.hidden = event.detail.loaded >= event.detail.total;
    bar.value = 100 * event.detail.loaded / event.detail.total;
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
