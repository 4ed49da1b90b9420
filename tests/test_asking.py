"""Whom to ask, how many, when: one unanswered offer at a time, quiet hours, and what is measured."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from app.hotline import Hotline
from app.inbound import tick
from app.outbound import outbox
from app.simulator.sandbox import Recorder, StillClock, in_new_database
from handlers import waves
from handlers.turn import Context
from models import answering, lines, offers, people, requests
from models.answering import USUAL, Curve, Outcome, Pace
from models.delivery.outbound import Outbound
from models.lines import DEFAULT_POLICY, Channel
from models.offers import Offer, State
from models.people import Person
from models.requests import Request, Urgency
from models.requests import State as RequestState
from models.store.session import Session
from tests.fakes import MORNING
