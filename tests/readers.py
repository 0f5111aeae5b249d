"""Twenty readers who differ in when, where and what they read."""

from litwatch.settings import Filters, Subscriber

READERS = (
    Subscriber("r01@example.org", timezone="Europe/Berlin"),
    Subscriber("r02@example.org", frequency="daily", timezone="Asia/Tokyo"),
    Subscriber("r03@example.org", frequency="monthly", timezone="America/Los_Angeles"),
    Subscriber("r04@example.org", frequency="every-run", empty="skip"),
    Subscriber("r05@example.org", day="friday", hour=18, timezone="Pacific/Auckland"),
    Subscriber("r06@example.org", day="sunday", hour=23, timezone="America/St_Johns"),
    Subscriber("r07@example.org", frequency="daily", hour=0, timezone="Asia/Kolkata"),
    Subscriber("r08@example.org", frequency="daily", empty="skip", timezone="Pacific/Chatham"),
    Subscriber("r09@example.org", filters=Filters(topics=("scleromyxedema",))),
    Subscriber("r10@example.org", filters=Filters(topics=("scleredema", "rem"))),
    Subscriber("r11@example.org", filters=Filters(treatments=("ivig",)), empty="skip"),
    Subscriber("r12@example.org", filters=Filters(treatments=("thalidomide", "lenalidomide"))),
    Subscriber("r13@example.org", filters=Filters(organs=("skin",)), frequency="every-run"),
    Subscriber("r14@example.org", filters=Filters(roles=("given",)), timezone="Europe/London"),
    Subscriber("r15@example.org", filters=Filters(study_types=("case_report",))),
    Subscriber("r16@example.org", filters=Filters(languages=("eng",)), frequency="monthly"),
    Subscriber("r17@example.org", filters=Filters(languages=("fre", "ger", "jpn"))),
    Subscriber("r18@example.org", filters=Filters(topics=("scleromyxedema",), organs=("skin",))),
    Subscriber("r19@example.org", filters=Filters(treatments=("ivig",), roles=("given", "failed"))),
    Subscriber("r20@example.org", frequency="daily", hour=12, timezone="America/Sao_Paulo"),
)
