#!/usr/bin/python3
"""A board at a cluster of brokers, three nodes of nats-server with every stream on each; the hall file names all three. The node of
the board, which leads the others, dies, and is started again when these have elected another leader, as a service manager would.

Without that last step it may take minutes: nats-server 2.9 lets chance say which of the three is to lead each new subscription, also
the dead one (nats-server issue 5498); the broker then refuses the subscription after 4 s, and a board has six."""
import json
import os

from harness import BUILD, Hall, Listener, free_port, is_open, run, wait_for
from makes import NatsCluster


PATIENCE_S = 120  # an election takes up to 9 s, a request of a node that waits for one 4 s, a pause of the board 20 s


class ClusterHall(Hall):
    def __init__(self):
        super().__init__(edit=self.name_nodes, make_broker=NatsCluster)
        self.nodes = self.broker.nodes
        self.events = Listener(self.broker, self.prefix + "/event")
        self.receipts = Listener(self.broker, self.board_topic + "/receipt")

    def name_nodes(self, file):
        file["broker"]["urls"] = [f"mqtt://127.0.0.1:{node.port}" for node in self.broker.nodes]

    def start_server(self):
        """The queue server, at another node than the board."""
        path = os.path.join(self.folder, "server.json")
        with open(path, "w") as f:
            json.dump(self.file | {"broker": {"urls": self.file["broker"]["urls"][1:]}}, f)
        self.page = free_port()
        self.start("sim", os.path.join(BUILD, "kezek-sim"), "-c", path, "--listen", f"127.0.0.1:{self.page}", "--pace", "off")
        wait_for("the page of the queue server is there", lambda: is_open(self.page))

    def call_next(self, desk):
        """The queue server calls somebody, and that is shown and heard; the ticket."""
        self.page_post("/api/desk", {"desk": desk, "action": "call"})
        ticket = self.events.wait(f"the call at desk {desk}", lambda t, o: o["type"] == "call" and o["desk"] == desk)["ticket"]
        receipt = self.receipts.wait(f"receipt of {ticket}", lambda t, o: o["ticket"] == ticket)
        assert receipt["result"] == "shown", receipt
        return ticket

    def shows(self, tickets):
        status = self.status()
        return status["feed"]["truth"] == "fresh" and tickets == {
            desk["desk"]: desk["ticket"] for desk in status["desks"] if desk.get("ticket")}

    def gongs(self):
        return sum(chime["played"] for chime in self.status()["chimes"])


def a_board_whose_node_dies_is_right_again_without_a_second_gong():
    hall = ClusterHall()
    try:
        hall.connected()
        assert hall.status()["link"]["url"] == hall.file["broker"]["urls"][0], hall.status()["link"]
        hall.start_server()
        hall.fresh()
        hall.boards_answer()
        calls = {desk: hall.call_next(desk) for desk in ("3", "7")}
        wait_for("both are shown", lambda: hall.shows(calls))
        gongs = hall.gongs()
        conn = hall.status()["link"]["conn"]
        hall.nodes[0].kill()
        wait_for("the loss is noticed", lambda: not hall.status()["link"]["connected"])
        hall.page_post("/api/desk", {"desk": "7", "action": "done"})
        del calls["7"]
        wait_for("the other two have elected who leads them", hall.broker.is_led)
        hall.nodes[0].start(hall.nodes)
        wait_for("the picture is right again", lambda: hall.shows(calls), PATIENCE_S)
        link = hall.status()["link"]
        assert link["url"] in hall.file["broker"]["urls"] and link["conn"] > conn and link["starts"] == 1, link
        assert gongs > 0 and hall.gongs() == gongs, "the board's return sounds"
        calls["4"] = hall.call_next("4")
        assert hall.shows(calls) and hall.gongs() == gongs + 1, hall.status()
    finally:
        hall.close()


run([a_board_whose_node_dies_is_right_again_without_a_second_gong])
