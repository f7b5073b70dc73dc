"""The explorer in a browser: from a folder and from a web server, at a phone's width and a desk's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, List

import pytest

from plots.site import __main__ as site
from plots.site import vendor
from plots.test import site_pages
from plots.test.site_pages import Reader
from results import load
from results.test import specimen

EXPERIMENTS = ("size", "cores", "mix", "layers")
HOSTILE = "<img src=x onerror=window.hacked=1>\u2028</script>"


@pytest.fixture(scope="module", name="data")
def write_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real machine with two runs, one with a hostile name, an emulated one, an imported one."""
    data = tmp_path_factory.mktemp("data")
    first = specimen.write(data / "a" / "first", ("size",))
    for name in ("hostile", "emulated", "imported"):
        shutil.copytree(first, data / name / "run")
    specimen.write(data / "later" / "run", EXPERIMENTS)
    picture = '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="500"/>'
    (data / "later/run/plots").mkdir()
    (data / "later/run/plots/size-cold.svg").write_text(picture)
    site_pages.change_created(data / "later/run", "2026-11-23T11:55:00Z")
    site_pages.change_machine(
        data / "hostile/run", name=HOSTILE, board=HOSTILE, cpu={"model": HOSTILE}
    )
    site_pages.change_machine(
        data / "emulated/run", name="board", emulated=True, emulated_by="QEMU"
    )
    site_pages.change_machine(data / "imported/run", name="log")
    import_figures(data / "imported/run")
    return data


def import_figures(folder: Path) -> None:
    """Makes of the dataset what an importer would: best times of one kernel, by another name."""
    package = load.read_json(folder / load.PACKAGE)
    package["copycost"]["source"] = {
        "program": "tinymembench",
        "version": "0.4.9",
        "url": None,
        "file": "a.log",
    }
    specimen.write_package(folder, package)
    table = load.dataset(folder).table("size")
    table = table[table["kernel"] == "copy_movsb"].assign(kernel="C copy, by bytes")
    for name in ("median_ns", "low_ns", "high_ns", "cycles_per_byte"):
        table[name] = None
    table.to_csv(folder / "size.csv", index=False)


@pytest.fixture(scope="module", name="folder")
def write_site(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "out"
    try:
        found = site.write([data], out)
    except vendor.VendorError as error:
        pytest.skip(str(error))
    assert not found.left_out
    return out


def compare(folder: Path, hash_: str = "") -> str:
    return f"{folder.as_uri()}/compare.html{hash_}"


def frame(data: Path, experiment: str = "size") -> Any:
    return load.dataset(data / "later/run").table(experiment)


def pages(folder: Path) -> List[str]:
    found = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*.html"))]
    return [*found, *(f"compare.html#e={name}" for name in EXPERIMENTS)]


def test_pages_from_a_folder_and_a_server(reader: Reader, folder: Path) -> None:
    with site_pages.served(folder) as address:
        for base in (folder.as_uri(), address):
            for page in pages(folder):
                reader.open(f"{base}/{page}")
                assert reader.log("browser") == [], page
                asked = [
                    url for url in reader.requests() if not url.startswith("data:")
                ]
                files = [site_pages.file_of(url, base, folder) for url in asked]
                assert files and all(file.is_file() for file in files), page
                assert reader.script("return window.hacked") is None


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_can_be_read(
    reader: Reader, folder: Path, width: int, scheme: str
) -> None:
    for page in pages(folder):
        reader.open(f"{folder.as_uri()}/{page}", width, scheme)
        assert reader.script("return document.documentElement.scrollWidth") <= width
        assert reader.touching() == [], page
        low = reader.script(CONTRAST)
        assert low == [], page


CONTRAST = """
const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
const light = (colour) => channels(colour).slice(0, 3).map((each) => each / 255)
  .map((each) => (each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4))
  .reduce((sum, each, place) => sum + each * [0.2126, 0.7152, 0.0722][place], 0);
const behind = (element) => {
  for (; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor;
    if (channels(colour)[3] !== 0) return colour;
  }
  return "rgb(255, 255, 255)";
};
const ratio = (one, other) => {
  const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
const found = [];
for (const element of document.querySelectorAll("main *, footer *, header *")) {
  const texts = [...element.childNodes].filter((node) => node.nodeType === 3 && node.textContent.trim());
  if (!texts.length || !element.checkVisibility() || element.closest("#matrices")) continue;
  const look = getComputedStyle(element);
  const colour = element.closest("svg") ? look.fill : look.color;
  if (ratio(colour, behind(element)) < 4.5) found.push([element.textContent.slice(0, 30), colour]);
}
return found;
"""


def test_schemes_differ(reader: Reader, folder: Path) -> None:
    colours = []
    for scheme in ("light", "dark"):
        reader.open(compare(folder), 1400, scheme)
        style = "return getComputedStyle(document.body).backgroundColor"
        colours.append(reader.script(style))
    assert colours == ["rgb(255, 255, 255)", "rgb(21, 24, 27)"]


def test_table_has_the_figures_of_the_csv(
    reader: Reader, folder: Path, data: Path
) -> None:
    reader.open(compare(folder, "#e=size&d=specimen-4/run"))
    table = frame(data).set_index("cell")
    rows = reader.figures()
    assert len(rows) > 30
    for name, _, value, low, high, verdict, cell in rows:
        row = table.loc[int(cell)]
        assert (name, verdict) == (row["kernel"], row["verdict"])
        wanted = [row["median_ns"], max(row["low_ns"], row["median_ns"] / 1000)]
        found = [float(value), float(low), float(high)]
        assert found == pytest.approx([*wanted, row["high_ns"]], rel=1e-8)


@pytest.mark.parametrize("y", ["ns", "gb", "cycles"])
def test_hover_shows_the_figures_of_the_csv(
    reader: Reader, folder: Path, data: Path, y: str
) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    state = f"#e=size&d=specimen-4/run&y={y}&v=copy_libc_memcpy&f.temperature=warm"
    reader.open(compare(folder, state))
    table = frame(data)
    row = table[
        (table["kernel"] == "copy_libc_memcpy")
        & (table["temperature"] == "warm")
        & (table["size"] == 4096)
    ].iloc[0]
    median, low, high = (row[name] for name in ("median_ns", "low_ns", "high_ns"))
    cycles_per_ns = row["cycles_per_byte"] / median
    ends = {
        "ns": (low, high),
        "gb": (4096 / high, 4096 / low),
        "cycles": (low * cycles_per_ns, high * cycles_per_ns),
    }
    column = {"ns": "median_ns", "gb": "gb_per_s", "cycles": "cycles_per_byte"}[y]
    x, top = reader.script(
        "const drawn = copycost.drawn();"
        "const at = drawn.chart.convertToPixel({xAxisIndex: 0, yAxisIndex: 0}, arguments);"
        "const box = document.getElementById('chart').getBoundingClientRect();"
        "return [at[0] - box.width / 2, at[1] - box.height / 2]",
        4096,
        float(row[column]),
    )
    chart = reader.driver.find_element("id", "chart")
    ActionChains(reader.driver).move_to_element_with_offset(
        chart, round(x), round(top)
    ).perform()
    tip = reader.text("#chart .tip")
    texts = [f"{float(f'{value:.4g}'):g}" for value in (row[column], *ends[y])]
    assert tip.startswith("size 4 KiB")
    assert f"specimen-4: {texts[0]} " in tip
    assert "kernel copy_libc_memcpy" in reader.text("#status")
    assert f"({texts[1]} to {texts[2]})" in tip


def test_matrix_shows_the_figures_of_the_csv(
    reader: Reader, folder: Path, data: Path
) -> None:
    reader.open(compare(folder, "#e=cores&d=specimen-4/run"))
    cells = frame(data, "cores")
    pair = cells[cells["verdict"].isin(["ok", "noisy"])].iloc[-1]
    rows = [row for row in reader.figures() if row[-1] == str(pair["cell"])]
    assert [float(row[2]) for row in rows] == [pytest.approx(pair["median_ns"])]
    reader.script(
        "const chart = echarts.getInstanceByDom(document.querySelector('#matrices figure div'));"
        "const data = chart.getOption().series[0].data;"
        "const place = data.findIndex((each) => each.value[0] === arguments[1] && each.value[1] === arguments[0]);"
        "chart.dispatchAction({type: 'showTip', seriesIndex: 0, dataIndex: place});",
        str(pair["from"]),
        str(pair["to"]),
    )
    tip = reader.text("#matrices .tip")
    median = f"{float(f'{pair.median_ns:.4g}'):g}"
    assert tip.startswith(f"CPU {pair['from']} to {pair['to']}: {median} ns (")


def test_a_name_makes_its_line_stand_out(reader: Reader, folder: Path) -> None:
    kernels = "copy_libc_memcpy,copy_movsb"
    reader.open(compare(folder, f"#e=size&d=specimen-4/run&v={kernels}"))
    lines = "return document.querySelector('#chart svg').innerHTML"
    event = "document.querySelector('#legend button').dispatchEvent(new Event('{}'));"
    alike = reader.script(lines)
    reader.script(event.format("focus"))
    reader.until(lambda: reader.script(lines) != alike)
    reader.script(event.format("blur"))
    reader.until(lambda: reader.script(lines) == alike)


def test_address_restores_a_view(reader: Reader, folder: Path) -> None:
    reader.open(compare(folder))
    reader.choose("experiment", "layers")
    reader.choose("y", "gb")
    reader.choose("x", "depth")
    reader.choose("series", "passing")
    reader.choose("touch", "all")
    view = "return [location.hash, document.querySelector('main').innerText]"
    reader.figures()
    seen = reader.script(view)
    reader.open(compare(folder, seen[0]))
    reader.figures()
    assert reader.script(view) == seen
    assert seen[1].count("layers: GB/s by depth") == 1


def test_choices_that_follow_others(reader: Reader, folder: Path) -> None:
    """Back in the address, what it says is drawn; another experiment begins anew."""
    reader.open(compare(folder, "#e=size&y=gb&z=64,4096"))
    assert "z=64.0000,4096.00" in reader.script("return location.hash")
    assert {float(x.split()[0]) for _, x, *_ in reader.figures()} >= {64.0, 256.0}
    reader.choose("experiment", "mix")
    assert "z=" not in reader.script("return location.hash")
    before = reader.script("return Number(document.body.dataset.drawn)")
    reader.script("location.hash = '#e=cores'")
    reader.wait(before + 1)
    assert reader.text("#title").startswith("cores: ns a call from CPU to CPU")


def test_what_is_missing_is_said(reader: Reader, folder: Path) -> None:
    words = {
        "#e=size&v=copy_no_such": "no cell with kernel copy_no_such",
        "#e=size&v=copy_avx512": "avx512",
        "#e=size&d=no/such": "no/such: no such run in this collection",
        "#e=cores&y=gb": "nothing is moved",
        "#e=size&d=": "",
    }
    for state, word in words.items():
        reader.open(compare(folder, state))
        assert word in reader.text("#missing"), state
        nothing = reader.text("#status")
        assert "Nothing of this" in nothing or "No machine" in nothing, state
        assert reader.script("return document.getElementById('chart').hidden"), state
        assert reader.log("browser") == [], state


def test_emulated_and_imported_machines(reader: Reader, folder: Path) -> None:
    reader.open(compare(folder, "#e=size&d=specimen-4/run,board/run"))
    assert "board: emulated" in reader.text("#missing")
    assert "EMULATED" not in reader.text("#legend")
    reader.click("#emulated")
    assert "EMULATED" in reader.text("#legend")
    assert "emulated=1" in reader.script("return location.hash")
    reader.open(compare(folder))
    assert "log" not in reader.script("return location.hash").split("d=")[1]
    reader.open(compare(folder, "#e=size&d=log/run&y=gb"))
    assert "by tinymembench 0.4.9" in reader.text("#legend")
    assert "those of its best time, without interval" in reader.text("#missing")
    assert all(row[3:5] == ["", ""] for row in reader.figures())
    reader.choose("y", "best")
    assert "by tinymembench 0.4.9" in reader.text("#legend")
    reader.choose("y", "ns")
    assert "without ns a call, as its source states none" in reader.text("#missing")
    for page, mark in (("log", "NOT MEASURED BY COPYCOST"), ("board", "EMULATED")):
        reader.open(f"{folder.as_uri()}/machine/{page}.html")
        assert mark in reader.text(".warning")


def test_machines_can_be_chosen(reader: Reader, folder: Path) -> None:
    reader.open(compare(folder, "#d=specimen-4/run"))
    reader.click("#old")
    reader.click("#machines input[value='specimen-4/first']")
    runs = reader.script("return location.hash.match(/d=([^&]*)/)[1]").split(",")
    assert sorted(runs) == ["specimen-4/first", "specimen-4/run"]
    legend = reader.text("#legend")
    assert "2026-11-22T11:55" in legend and "2026-11-23T11:55" in legend
    reader.click("#none")
    assert "No machine" in reader.text("#status")
    reader.click("#all")
    assert "3 of 3 chosen" not in reader.text("#machines summary")
    assert "4 of 4 chosen" in reader.text("#machines summary")


def test_keys_go_from_point_to_point(reader: Reader, folder: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    kernels = "copy_libc_memcpy,copy_movsb"
    reader.open(compare(folder, f"#e=size&d=specimen-4/run&v={kernels}"))
    chart = reader.driver.find_element("id", "chart")
    chart.send_keys(Keys.ARROW_RIGHT)
    first = reader.text("#spoken")
    chart.send_keys(Keys.ARROW_RIGHT)
    assert "copy_libc_memcpy, size 1 B: " in first != reader.text("#spoken")
    assert reader.text("#chart .tip").startswith("size 3 B")
    chart.send_keys(Keys.ARROW_DOWN)
    assert "copy_libc_memcpy" not in reader.text("#spoken")
    nameless = reader.script(
        "return [...document.querySelectorAll('input, select, button, summary')]"
        ".filter((each) => !(each.labels || []).length && !each.textContent.trim()).length"
    )
    assert nameless == 0


def test_a_part_is_enlarged_by_dragging(reader: Reader, folder: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    reader.open(compare(folder, "#e=size&d=specimen-4/run"))
    chart = reader.driver.find_element("id", "chart")
    action = ActionChains(reader.driver).move_to_element_with_offset(chart, -200, 0)
    action.click_and_hold().move_by_offset(100, 0).release().perform()
    reader.wait(2)
    low, high = reader.script("return copycost.ends()")
    assert 1 < low < high < 1 << 27
    reader.click("#zoom button[data-factor='0.5']")
    nearer = reader.script("return copycost.ends()")
    assert low < nearer[0] < nearer[1] < high
    reader.click("#zoom button[data-factor='0']")
    assert reader.script("return copycost.ends()")[0] == 1


def test_a_zoom_without_points_is_left(reader: Reader, folder: Path) -> None:
    """One that was made by two clicks, or by a link to what other machines measured."""
    reader.open(compare(folder, "#e=layers&x=depth&z=9,10"))
    assert "no point: all is shown" in reader.text("#status")
    assert "z=" not in reader.script("return location.hash")
    assert len(reader.figures()) > 0 and reader.log("browser") == []


def test_lost_tables_are_said(reader: Reader, folder: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(folder, tmp_path / "site")
    (broken / "data/specimen-4/run/size.js").unlink()
    reader.open(compare(broken, "#e=size&y=gb&d=specimen-4/run,log/run"))
    assert "data/specimen-4/run/size.js can't be loaded" in reader.text("#missing")
    assert "by tinymembench" in reader.text("#legend")


def test_table_of_machines(reader: Reader, folder: Path) -> None:
    reader.open(f"{folder.as_uri()}/index.html")
    names = (
        "return [...document.querySelectorAll('#machines tbody tr')]"
        ".filter((row) => !row.hidden).map((row) => row.cells[0].textContent)"
    )
    rising = reader.script(names)
    head = "document.querySelectorAll('#machines th button')[0].click();"
    assert reader.script(head + names) == sorted(rising, key=str.lower)
    assert reader.script(head + names) == sorted(rising, key=str.lower, reverse=True)
    narrowed = (
        "const box = document.getElementById('filter'); box.value = 'EMULATED';"
        "box.dispatchEvent(new Event('input'));"
    )
    assert reader.script(narrowed + names) == ["board"]
    assert reader.text("#shown") == "1 of 4"
