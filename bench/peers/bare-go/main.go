// A webhook in, an Avro record in Kafka, 202 out, and nothing else: what this machine gives a service that checks a token, reads JSON, writes Avro and waits for the
// acknowledgement of all in-sync replicas. No validation, no unknown members, no metrics, no limits, no spool.
package main

import (
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/kgo"
)

type party struct {
	Type            string `json:"type" avro:"type"`
	PhoneNumberE164 string `json:"phoneNumberE164" avro:"phoneNumberE164"`
}

type callLog struct {
	Version int    `json:"version" avro:"version"`
	ID      string `json:"id" avro:"id"`
	URL     string `json:"url" avro:"url"`
	Result  struct {
		Type            string `json:"type" avro:"type"`
		StartTimestamp  int64  `json:"startTimestamp" avro:"startTimestamp"`
		AnswerTimestamp int64  `json:"answerTimestamp" avro:"answerTimestamp"`
		HangupTimestamp int64  `json:"hangupTimestamp" avro:"hangupTimestamp"`
	} `json:"result" avro:"result"`
	Direction string `json:"direction" avro:"direction"`
	User      struct {
		Type  string `json:"type" avro:"type"`
		UID   string `json:"uid" avro:"uid"`
		Email string `json:"email" avro:"email"`
	} `json:"user" avro:"user"`
	PhoneNumberE164 string  `json:"phoneNumberE164" avro:"phoneNumberE164"`
	OtherParties    []party `json:"otherParties" avro:"otherParties"`
}

type webhook struct {
	Event   string  `json:"event" avro:"event"`
	CallLog callLog `json:"callLog" avro:"callLog"`
}

func main() {
	schema := avro.MustParse(os.Getenv("SCHEMA"))
	schemaID, err := strconv.Atoi(os.Getenv("SCHEMA_ID"))
	if err != nil {
		log.Fatal("SCHEMA_ID: ", err)
	}
	topic := os.Getenv("TOPIC")
	authorization := []byte("Bearer " + os.Getenv("TOKEN"))
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(os.Getenv("KAFKA_BROKERS"), ",")...),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
	)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /webhooks/vxt", func(response http.ResponseWriter, request *http.Request) {
		if subtle.ConstantTimeCompare([]byte(request.Header.Get("Authorization")), authorization) != 1 {
			response.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		var event webhook
		if json.Unmarshal(body, &event) != nil {
			response.WriteHeader(http.StatusBadRequest)
			return
		}
		encoded, err := avro.Marshal(schema, event)
		if err != nil {
			response.WriteHeader(http.StatusBadRequest)
			return
		}
		value := binary.BigEndian.AppendUint32([]byte{0}, uint32(schemaID))
		record := &kgo.Record{Topic: topic, Key: []byte(event.CallLog.User.UID), Value: append(value, encoded...)}
		if client.ProduceSync(request.Context(), record).FirstErr() != nil {
			response.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		response.WriteHeader(http.StatusAccepted)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
