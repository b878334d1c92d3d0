/* Draws the charts of a product with uPlot, from the numbers in their data-chart; colours come from the page's style. */
(function () {
  "use strict";

  var probe = document.createElement("span");
  probe.hidden = true;
  document.documentElement.appendChild(probe);
  function colour(name, alpha) {
    probe.style.color = "var(--" + name + ")";
    var found = getComputedStyle(probe).color.match(/[\d.]+/g);
    return "rgba(" + found[0] + "," + found[1] + "," + found[2] + "," + (alpha === undefined ? 1 : alpha) + ")";
  }

  var language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

  function spans(u, list, fill, whole) {
    var context = u.ctx;
    context.save();
    context.fillStyle = fill;
    list.forEach(function (span) {
      var left = Math.max(u.valToPos(span[0], "x", true), u.bbox.left);
      var right = Math.min(u.valToPos(span[1], "x", true), u.bbox.left + u.bbox.width);
      var height = whole ? u.bbox.height : 5 * devicePixelRatio;
      if (right > left) context.fillRect(left, u.bbox.top + u.bbox.height - height, right - left, height);
    });
    context.restore();
  }

  /* Upright lines with a word each; words that would lie on one another go a row down. */
  function marks(u, list) {
    var context = u.ctx, scale = devicePixelRatio, rows = [];
    context.save();
    context.lineWidth = scale;
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.font = 11 * scale + "px system-ui, sans-serif";
    list.sort(function (one, other) { return one.at - other.at; }).forEach(function (mark) {
      var at = Math.round(u.valToPos(mark.at, "x", true)), end = u.bbox.left + u.bbox.width;
      if (at < u.bbox.left || at > end) return;
      context.strokeStyle = context.fillStyle = mark.stroke;
      context.setLineDash(mark.dashed ? [4 * scale, 3 * scale] : []);
      context.beginPath();
      context.moveTo(at, u.bbox.top);
      context.lineTo(at, u.bbox.top + u.bbox.height);
      context.stroke();
      var width = context.measureText(mark.word).width;
      var left = at + 4 * scale + width > end ? Math.max(at - width - 4 * scale, u.bbox.left) : at + 4 * scale;
      var row = 0;
      while (rows[row] !== undefined && rows[row] > left) row += 1;
      rows[row] = left + width + 6 * scale;
      context.fillText(mark.word, left, u.bbox.top + (11 + 13 * row) * scale);
    });
    context.restore();
  }

  function options(place, data, words, kind) {
    var narrow = place.clientWidth < 480;
    var series = [{}], values = [data.x], bands = [];
    function line(name, spec) {
      if (!data.lines[name]) return 0;
      series.push(Object.assign({ label: name, points: { show: false } }, spec));
      values.push(data.lines[name]);
      return series.length - 1;
    }
    [["95", 0.14], ["80", 0.2], ["50", 0.3]].forEach(function (band) {
      var high = line("high" + band[0], { stroke: "transparent", width: 0 });
      var low = line("low" + band[0], { stroke: "transparent", width: 0 });
      bands.push({ series: [high, low], fill: colour("accent", band[1]) });
    });
    line("sold", { stroke: colour("text", 0.8), width: 1.2 });
    line("statistical", { stroke: colour("muted"), width: 1.5, dash: [5, 4] });
    line("mean", { stroke: colour("warn"), width: 2 });
    line("median", { stroke: colour("accent"), width: 2 });
    var axis = { stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
    return [{
      width: place.clientWidth,
      height: narrow ? 220 : 280,
      tzDate: function (ts) { return uPlot.tzDate(new Date(ts * 1000), "UTC"); },
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      scales: { y: { range: function (u, low, high) { return [0, Math.max(high * 1.08, 1)]; } } },
      axes: [
        Object.assign({}, axis, {
          space: narrow ? 64 : 80,
          size: 32,
          values: function (u, ticks) {
            return ticks.map(function (tick) {
              return new Date(tick * 1000).toLocaleDateString(language, { day: "numeric", month: "short", timeZone: "UTC" });
            });
          }
        }),
        Object.assign({}, axis, { size: 48 })
      ],
      series: series,
      bands: bands,
      hooks: {
        drawClear: [function (u) {
          if (data.outs) spans(u, data.outs, colour("bad", 0.16), true);
          if (data.promotions) spans(u, data.promotions, colour("info", 0.9), false);
        }],
        draw: [function (u) {
          var list = (data.events || []).concat(data.arrivals || []).map(function (mark) {
            return { at: mark[0], word: mark[1], stroke: colour("info"), dashed: true };
          });
          if (data.today) list.push({ at: data.today, word: words.today, stroke: colour("muted") });
          if (data.first_out) list.push({ at: data.first_out, word: words.out, stroke: colour("bad") });
          marks(u, list);
        }],
        setCursor: [function (u) { tell(u, place, data, words, kind); }]
      }
    }, values];
  }

  function tell(u, place, data, words, kind) {
    var at = u.cursor.idx, box = place.querySelector(".told");
    if (!box) return;
    if (at === null || at === undefined || u.cursor.left < 0) { box.textContent = ""; return; }
    var parts = [new Date(data.x[at] * 1000).toLocaleDateString(language, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" })];
    ["sold", "median", "mean", "statistical"].forEach(function (name) {
      var value = data.lines[name] && data.lines[name][at];
      if (value !== null && value !== undefined && value !== false) parts.push(words[name] + " " + Math.round(value * 10) / 10);
    });
    ["50", "80", "95"].forEach(function (band) {
      var low = data.lines["low" + band][at], high = data.lines["high" + band][at];
      if (low !== null && low !== undefined) parts.push(band + " %: " + Math.round(low * 10) / 10 + "–" + Math.round(high * 10) / 10);
    });
    box.textContent = parts.join(" · ");
  }

  function draw(place) {
    var data = JSON.parse(place.dataset.chart), words = JSON.parse(place.dataset.words);
    if (place.chart) place.chart.destroy();
    place.replaceChildren();
    var made = options(place, data, words, place.dataset.kind);
    place.chart = new uPlot(made[0], made[1], place);
    var told = document.createElement("p");
    told.className = "told";
    place.appendChild(told);
  }

  function drawAll() { document.querySelectorAll(".chart[data-chart]").forEach(draw); }
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  var waiting;
  window.addEventListener("resize", function () { clearTimeout(waiting); waiting = setTimeout(drawAll, 120); });
  document.addEventListener("htmx:afterSwap", function (event) {
    event.target.querySelectorAll && event.target.querySelectorAll(".chart[data-chart]").forEach(draw);
  });
  drawAll();
  document.documentElement.dataset.charts = "drawn";
})();
